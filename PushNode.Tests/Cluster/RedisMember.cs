using PushNode.Cluster.Redis;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Storage;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

/// <summary>What a node keeps in Redis, without the rest of the node.</summary>
internal sealed class RedisMember : IAsyncDisposable
{
    private RedisMember(RedisOptions options, string address, Roles roles, TimeProvider time)
    {
        Options = options;
        Time = time;
        Node = new Node(address);
        Keys = new RedisKeys(options);
        Facts = new NodeFacts(roles, () => Connections, () => IsStoring());
        Link = new RedisLink(options, time, Logs.CreateLogger<RedisLink>());
        Nodes = new NodeDirectory(Link, Keys);
        Directory = new RedisPeerDirectory(Link, Nodes, Keys, Node, time, Logs.CreateLogger<RedisPeerDirectory>());
        Heartbeat = new Heartbeat(Link, Keys, options, Facts, Node, time, Logs.CreateLogger<Heartbeat>());
        Routes = new RedisRouteTable(Link, Keys, Directory, Facts, Node, time, Logs.CreateLogger<RedisRouteTable>());
        Pulse = new RedisPulse(Link, Heartbeat, Directory, Keys, options, time, Logs.CreateLogger<RedisPulse>());
    }

    public RedisOptions Options { get; }

    public TimeProvider Time { get; }

    public LogRecorder Logs { get; } = new();

    public Node Node { get; }

    public RedisKeys Keys { get; }

    public NodeFacts Facts { get; }

    public RedisLink Link { get; }

    public NodeDirectory Nodes { get; }

    public RedisPeerDirectory Directory { get; }

    public Heartbeat Heartbeat { get; }

    public RedisRouteTable Routes { get; }

    public RedisPulse Pulse { get; }

    public int Connections { get; set; }

    public Func<bool> IsStoring { get; set; } = static () => false;

    /// <summary>One that has been in contact.</summary>
    public static async Task<RedisMember> StartAsync(RedisServer server, string address, Roles roles = Roles.Push, TimeProvider? time = null)
    {
        RedisMember member = Prepare(server.Address, address, roles, time);
        await member.StartAsync();
        return member;
    }

    public static RedisMember Prepare(string connection, string address, Roles roles = Roles.Push, TimeProvider? time = null, TimeSpan? timeout = null, TimeSpan? lifetime = null, string prefix = "pn:") => new(
        new RedisOptions { Connection = connection, Prefix = prefix, NodeLifetime = lifetime ?? TimeSpan.FromSeconds(3), Timeout = timeout ?? TimeSpan.FromSeconds(2) },
        address,
        roles,
        time ?? TimeProvider.System);

    /// <summary>Starts it and waits for the first contact.</summary>
    public async Task StartAsync()
    {
        await Pulse.StartAsync(CancellationToken.None);
        await Pulse.StartedAsync(CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => Link.IsReachable && Heartbeat.IsFresh, $"{Node.Address} has reached Redis");
    }

    /// <summary>Waits until it knows exactly these others.</summary>
    public Task KnowsAsync(params string[] addresses) =>
        Eventually.BecomesTrueAsync(() => Directory.Peers.Select(static p => p.Address).Order().SequenceEqual(addresses.Order()), $"{Node.Address} knows {string.Join(", ", addresses)}");

    /// <summary>The addresses that a message of this channel goes to.</summary>
    public async Task<string[]> LookupAsync(Channel channel) => [.. (await Routes.LookupAsync(channel, CancellationToken.None)).Addresses.Order()];

    /// <summary>Ends it as <c>kill -9</c> does: nothing is taken out of Redis.</summary>
    public async ValueTask DisposeAsync()
    {
        await Link.DisposeAsync();
        await Pulse.StopAsync(CancellationToken.None);
        Pulse.Dispose();
    }
}
