using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>A server of Redis dies under load and another takes its place: a replica that somebody promotes, or one of a Redis Cluster.</summary>
internal sealed class RedisFailoverTests
{
    [Test]
    public async Task MasterKilled_AndItsReplicaPromoted_LosesNothing()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await using RedisServer replica = await RedisServer.StartAsync("--replicaof", "127.0.0.1", $"{cluster.Redis.Port}");
        NodeProcess[] nodes = await StartAsync(cluster, $"{cluster.Redis.Address},{replica.Address}");
        await using Traffic traffic = Start(cluster, nodes);
        await using TestClient before = await TestClient.ConnectAsync(nodes[1].Address, Tokens.For("before"), "device=phone");
        await before.WaitForAsync("live", "user:before");
        using var producer = new Producer(nodes[0].Address);

        await traffic.GoOnAsync(200);
        // What is there afterwards has been written again.
        await cluster.Redis.CommandAsync("DEL", "pn:route:user:before");
        await Eventually.BecomesTrueAsync(async () => (await replica.CommandAsync("HLEN", "pn:route:user:before"))[0] == "0", "the replica follows");
        await cluster.Redis.KillAsync();
        await traffic.GoOnAsync(400);
        await producer.PushToAsync("before");
        await before.WaitForMessagesAsync(1);
        await replica.CommandAsync("REPLICAOF", "NO", "ONE");
        await AssertRoutedAsync("before", replica);
        await producer.PushToAsync("before");
        await before.WaitForMessagesAsync(2);
        await traffic.GoOnAsync(400);
        await cluster.Redis.StartAsync();
        await cluster.Redis.CommandAsync("REPLICAOF", "127.0.0.1", $"{replica.Port}");
        await traffic.GoOnAsync(400);

        Assert.That(await traffic.FinishAsync(), Is.Empty);
    }

    [Test]
    public async Task MasterOfARedisClusterKilled_AndFollowedByItsReplica_LosesNothing()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await using RedisShards redis = await RedisShards.StartAsync(replica: true);
        NodeProcess[] nodes = await StartAsync(cluster, redis.Masters[0].Address);
        await using Traffic traffic = Start(cluster, nodes);

        await traffic.GoOnAsync(200);
        await redis.Masters[0].KillAsync();
        await traffic.GoOnAsync(400);
        await Eventually.BecomesTrueAsync(async () => (await redis.Replica.CommandAsync("ROLE"))[0] == "master", "the replica takes its place");
        foreach (NodeProcess node in nodes)
            await Eventually.BecomesTrueAsync(() => node.Output.Contains("can be used again", StringComparison.Ordinal), "the node goes on with it");
        await traffic.GoOnAsync(400);
        await redis.Masters[0].StartAsync();
        await traffic.GoOnAsync(400);

        Assert.That(await traffic.FinishAsync(), Is.Empty);
    }

    private static async Task<NodeProcess[]> StartAsync(TestCluster cluster, string redis)
    {
        string[] settings = ["--Redis:Connection", redis, "--Redis:NodeLifetime", Topology.NodeLifetime];
        NodeProcess[] nodes = [cluster.Prepare("auth,collect,dispatch", settings), cluster.Prepare("push", settings), cluster.Prepare("push", settings)];
        foreach (NodeProcess node in nodes)
            node.Launch();
        foreach (NodeProcess node in nodes)
            await Eventually.BecomesTrueAsync(node.IsReadyAsync, $"the node on port {node.Port} is ready", TimeSpan.FromSeconds(40));
        return nodes;
    }

    private static Traffic Start(TestCluster cluster, NodeProcess[] nodes) =>
        Traffic.Start(cluster.Balance(nodes[0]), cluster.Balance(nodes[1..]), users: 6, producerCount: 3, TimeSpan.FromMilliseconds(5), longestStay: 5_000);

    private static Task AssertRoutedAsync(string user, RedisServer redis) =>
        Eventually.BecomesTrueAsync(async () => (await redis.CommandAsync("HLEN", $"pn:route:user:{user}"))[0] == "1", $"the route of {user} is written again");
}
