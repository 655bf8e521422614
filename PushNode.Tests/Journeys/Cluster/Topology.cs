using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>A cluster with every role on nodes of its own, and traffic through it.</summary>
internal sealed class Topology : IAsyncDisposable
{
    /// <summary>How long nodes are known after their last heartbeat here: shorter than by default, so that tests are.</summary>
    public const string NodeLifetime = "00:00:03";

    private Topology(TestCluster cluster) => Cluster = cluster;

    public TestCluster Cluster { get; }

    /// <summary>One, and with MongoDB a second one.</summary>
    public NodeProcess[] Collects { get; private set; } = [];

    public NodeProcess Collect => Collects[0];

    public NodeProcess[] Dispatch { get; private set; } = [];

    public NodeProcess[] Push { get; private set; } = [];

    public NodeProcess[] All => [.. Collects, .. Dispatch, .. Push];

    public Traffic Traffic { get; private set; } = null!;

    /// <summary>Starts the nodes and, when all are ready, the traffic.</summary>
    /// <param name="longestStay">After how many milliseconds at most a device leaves by itself.</param>
    /// <param name="pushSettings">Settings of the first push node.</param>
    public static Task<Topology> StartAsync(int longestStay = 3000, params string[] pushSettings) => StartAsync(onMongo: false, longestStay, pushSettings);

    /// <summary>
    /// Starts one whose messages are in MongoDB: two nodes collect, and one node of each other role asks MongoDB itself, the other one the nodes that collect.
    /// </summary>
    /// <param name="longestStay">After how many milliseconds at most a device leaves by itself.</param>
    public static Task<Topology> StartOnMongoAsync(int longestStay = 3000) => StartAsync(onMongo: true, longestStay, []);

    private static async Task<Topology> StartAsync(bool onMongo, int longestStay, string[] pushSettings)
    {
        var topology = new Topology(await TestCluster.StartAsync(onMongo));
        try
        {
            await topology.LaunchAsync(pushSettings);
            topology.Traffic = Traffic.Start(topology.Cluster.Balance(topology.Collects), topology.Cluster.Balance(topology.Push), users: 8, producerCount: 4, TimeSpan.FromMilliseconds(5), longestStay);
            await topology.Traffic.GoOnAsync(200);
            return topology;
        }
        catch
        {
            await topology.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Traffic is not null)
            await Traffic.DisposeAsync();
        await Cluster.DisposeAsync();
    }

    private async Task LaunchAsync(string[] pushSettings)
    {
        string[] lifetime = ["--Redis:NodeLifetime", NodeLifetime];
        string[] store = Cluster.Mongo?.Settings ?? [];
        Collects = [.. Enumerable.Range(0, Cluster.Mongo is null ? 1 : 2).Select(_ => Cluster.Prepare("auth,collect", lifetime))];
        Dispatch = [Cluster.Prepare("auth,dispatch", [.. lifetime, .. store]), Cluster.Prepare("dispatch", lifetime)];
        Push = [Cluster.Prepare("push", [.. lifetime, .. store, .. pushSettings]), Cluster.Prepare("push", lifetime)];
        foreach (NodeProcess node in All)
            node.Launch();
        foreach (NodeProcess node in All)
            await Eventually.BecomesTrueAsync(node.IsReadyAsync, $"the node on port {node.Port} is ready", TimeSpan.FromSeconds(40));
    }
}
