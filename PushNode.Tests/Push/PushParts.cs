using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PushNode.Cluster;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Push;
using PushNode.Storage;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>The push role of a node in a cluster, in this process and without sockets, over doubles and a clock of the test's.</summary>
internal sealed class PushParts : IAsyncDisposable
{
    private static readonly Channel Alice = Channel.User("alice");

    private readonly ServiceProvider services;
    private readonly List<IHostedService> started = [];

    public PushParts(string address = "10.0.0.1:8081", Action<PushOptions>? configure = null, DrainOptions? drain = null)
    {
        var options = new PushOptions();
        configure?.Invoke(options);
        services = new ServiceCollection()
            .AddSingleton(options)
            .AddSingleton(drain ?? new DrainOptions())
            .AddSingleton(new Node(address))
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton<IRouteTable>(Routes)
            .AddSingleton<IMessageStore>(Store)
            .AddSingleton<IHeads>(Hints)
            .AddSingleton<IRevocationCopy>(Copy)
            .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddSingleton<Revocations>()
            .AddSingleton<PushMetrics>()
            .AddSingleton<HeldChannels>()
            .AddSingleton<FlushQueue>()
            .AddSingleton<GapFill>()
            .AddSingleton<Replay>()
            .AddSingleton<ConnectionServices>()
            .AddSingleton<ConnectionList>()
            .AddSingleton<EpochChange>()
            .AddSingleton<HeadComparison>()
            .AddSingleton<RouteRefresh>()
            .AddSingleton<Reconciler>()
            .AddSingleton<IReconcile>(static s => s.GetRequiredService<Reconciler>())
            .AddSingleton<RouteKeeper>()
            .AddSingleton<RevocationWatch>()
            .AddSingleton<Hub>()
            .AddSingleton<Join>()
            .AddSingleton<Drain>()
            .BuildServiceProvider();
    }

    public SteppedTime Time { get; } = new();

    public ScriptedRoutes Routes { get; } = new();

    public ScriptedStore Store { get; } = new();

    public ScriptedHeads Hints { get; } = new();

    public ScriptedCopy Copy { get; } = new();

    public HeldChannels Channels => Get<HeldChannels>();

    public Hub Hub => Get<Hub>();

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <summary>Starts a part that runs by itself.</summary>
    public async Task StartAsync<T>()
        where T : IHostedService
    {
        T part = Get<T>();
        int timers = Time.Timers;
        await part.StartAsync(CancellationToken.None);
        started.Add(part);
        await Eventually.BecomesTrueAsync(() => Time.Timers > timers, $"{part} waits for its first turn");
    }

    /// <summary>A connection of alice's in the node's list.</summary>
    public RecordingConnection Connect(string user = "alice")
    {
        var connection = new RecordingConnection(user, Get<ConnectionServices>());
        Get<ConnectionList>().Add(connection);
        return connection;
    }

    /// <summary>A connection that joins as a client's does.</summary>
    public (RecordingConnection Connection, Task Joined) Join(string user = "alice")
    {
        // Joins wait until somebody has loaded the revocations: that is the watch, where it runs.
        if (!started.OfType<RevocationWatch>().Any())
            _ = Get<Revocations>().LoadAsync(CancellationToken.None);
        RecordingConnection connection = Connect(user);
        return (connection, Get<Join>().RunAsync(connection, new ConnectRequest(), CancellationToken.None));
    }

    /// <summary>A connection that has joined and is live in its user's channel.</summary>
    public async Task<RecordingConnection> JoinLiveAsync(string user = "alice")
    {
        (RecordingConnection connection, Task joined) = Join(user);
        await joined;
        await Eventually.BecomesTrueAsync(() => connection.Subscriptions.ToArray().All(s => s.State == SubscriptionState.Live), "all its channels are live");
        return connection;
    }

    public Task LeaveAsync(Connection connection)
    {
        Get<ConnectionList>().Remove(connection);
        return Get<Join>().LeaveAsync(connection);
    }

    /// <summary>A held channel, of no connection in the list.</summary>
    public async Task<ChannelFeed> HoldAsync(Channel? channel = null) =>
        (await Channels.HoldAsync(channel ?? Alice, new RecordingConnection(), CancellationToken.None)).Subscription.Feed;

    public ValueTask DeliverAsync(params Message[] messages) => Hub.DeliverAsync(messages, CancellationToken.None);

    /// <summary>Moves the clock in steps until a condition holds.</summary>
    public async Task AdvanceUntilAsync(Func<bool> condition, string what, TimeSpan? step = null)
    {
        await Eventually.BecomesTrueAsync(
            () =>
            {
                Time.Advance(step ?? TimeSpan.FromMilliseconds(50));
                return condition();
            },
            what);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IHostedService part in started)
        {
            Task stopping = part.StopAsync(CancellationToken.None);
            await Eventually.BecomesTrueAsync(() => stopping.IsCompleted, $"{part} stops");
        }

        await services.DisposeAsync();
    }
}
