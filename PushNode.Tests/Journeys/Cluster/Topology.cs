using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>A cluster with every role on nodes of its own, and traffic through it.</summary>
internal sealed class Topology : IAsyncDisposable
{
    /// <summary>How long nodes are known after their last heartbeat here: shorter than by default, so that tests are.</summary>
    public const string NodeLifetime = "00:00:03";

    private Topology(TestCluster cluster) => Cluster = cluster;

    public TestCluster Cluster { get; }

    public NodeProcess Collect { get; private set; } = null!;

    public NodeProcess[] Dispatch { get; private set; } = [];

    public NodeProcess[] Push { get; private set; } = [];

    public Traffic Traffic { get; private set; } = null!;

    /// <summary>Starts the nodes and, when all are ready, the traffic.</summary>
    /// <param name="longestStay">After how many milliseconds at most a device leaves by itself.</param>
    /// <param name="pushSettings">Settings of the first push node.</param>
    public static async Task<Topology> StartAsync(int longestStay = 3000, params string[] pushSettings)
    {
        var topology = new Topology(await TestCluster.StartAsync());
        try
        {
            await topology.LaunchAsync(pushSettings);
            topology.Traffic = Traffic.Start(() => topology.Collect.Address, topology.Cluster.Balance(topology.Push), users: 8, producerCount: 4, TimeSpan.FromMilliseconds(5), longestStay);
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
        Collect = Cluster.Prepare("auth,collect", lifetime);
        Dispatch = [Cluster.Prepare("auth,dispatch", lifetime), Cluster.Prepare("dispatch", lifetime)];
        Push = [Cluster.Prepare("push", [.. lifetime, .. pushSettings]), Cluster.Prepare("push", lifetime)];
        NodeProcess[] all = [Collect, .. Dispatch, .. Push];
        foreach (NodeProcess node in all)
            node.Launch();
        foreach (NodeProcess node in all)
            await Eventually.BecomesTrueAsync(node.IsReadyAsync, $"the node on port {node.Port} is ready", TimeSpan.FromSeconds(40));
    }
}
