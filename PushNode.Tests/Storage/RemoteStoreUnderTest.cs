using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Cursors;
using PushNode.Storage.Remote;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage;

/// <summary>A node that stores in a journal, and another one that asks it over a real connection, with the modules as a node adds them.</summary>
internal sealed class RemoteStoreUnderTest : IAsyncDisposable
{
    private readonly FixedPeers directory = new();
    private readonly IHost host;
    private InternalListener? listener;
    private int epochChanges;
    private int restarts;

    public RemoteStoreUnderTest(TimeSpan? timeout = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(Log);
        builder.Services.AddSingleton<IPeerDirectory>(directory);
        builder.Services.AddSingleton(_ => InternalListener.CreateClient(timeout));
        builder.Services.AddRemoteStore(hasClients: true);
        host = builder.Build();
        IStoreWatch watch = host.Services.GetRequiredService<IStoreWatch>();
        watch.OnEpochChanged(() =>
        {
            EpochChanging?.Invoke();
            Interlocked.Increment(ref epochChanges);
        });
        watch.OnRestarted(() => Interlocked.Increment(ref restarts));
    }

    public JournalUnderTest Journal { get; } = new();

    public LogRecorder Log { get; } = new();

    public ScriptedService Service { get; private set; } = new();

    /// <summary>The store as the other node sees it.</summary>
    public IMessageStore Store => host.Services.GetRequiredService<IMessageStore>();

    public string? Unready => host.Services.GetRequiredService<IReadinessCheck>().Reason;

    public PendingCursors Pending => host.Services.GetRequiredService<PendingCursors>();

    public Action? EpochChanging { get; set; }

    public int EpochChanges => Volatile.Read(ref epochChanges);

    public int Restarts => Volatile.Read(ref restarts);

    public string Address { get; } = $"127.0.0.1:{Ports.Next()}";

    /// <summary>The run of the node that stores.</summary>
    public string Run => listener!.Node.Incarnation;

    /// <summary>Starts both and returns when they know each other.</summary>
    public async Task<RemoteStoreUnderTest> StartAsync()
    {
        await StartAskingAsync();
        await StartStoringAsync();
        await IsWellAsync();
        return this;
    }

    public Task StartAskingAsync() => host.StartAsync();

    /// <summary>Starts the node that stores, with the journal as it is now.</summary>
    /// <param name="isKnown">Whether the directory has found out.</param>
    public async Task StartStoringAsync(bool isKnown = true)
    {
        listener = await ListenAsync(Address);
        if (isKnown)
            directory.Set(FixedPeers.Create(listener.Node, Roles.Collect, stores: true));
    }

    /// <summary>Starts it at another address, while the directory still knows the old one.</summary>
    public async Task<InternalListener> StartStoringElsewhereAsync()
    {
        InternalListener elsewhere = await ListenAsync($"127.0.0.1:{Ports.Next()}");
        directory.Set([.. directory.Peers, FixedPeers.Create(elsewhere.Node, Roles.Collect, stores: true)]);
        return elsewhere;
    }

    /// <summary>What every answer of the store begins with.</summary>
    public PeerWriter BeginAnswer()
    {
        var answer = new PeerWriter();
        answer.Text(Journal.Store.Epoch);
        answer.Text(Run);
        return answer;
    }

    /// <summary>Ends the node that stores. The directory does not know yet.</summary>
    public async Task StopStoringAsync()
    {
        await listener!.DisposeAsync();
        await Journal.CloseAsync();
    }

    public Task StopAskingAsync() => host.StopAsync();

    public Task IsWellAsync() => Eventually.BecomesTrueAsync(() => Store.Trouble is null, "the store is found");

    public Task IsAwayAsync() => Eventually.BecomesTrueAsync(() => Unready is not null, "the store is missed");

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
        if (listener is not null)
            await listener.DisposeAsync();
        await Journal.DisposeAsync();
        Log.Dispose();
    }

    private async Task<InternalListener> ListenAsync(string address)
    {
        await Journal.OpenAsync();
        return await InternalListener.StartAsync(node => Service = new ScriptedService(new StoreService(Journal.Store, node)), address);
    }
}
