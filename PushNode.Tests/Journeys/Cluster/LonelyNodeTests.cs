using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>One node alone loses Redis, or has it back later than the others, while it can still reach them and be reached.</summary>
internal sealed class LonelyNodeTests
{
    private static readonly TimeSpan LongerThanAHeartbeat = TimeSpan.FromSeconds(5);

    private TestCluster cluster = null!;
    private TestLink collectToRedis = null!;
    private TestLink pushToRedis = null!;
    private NodeProcess[] nodes = [];
    private Producer producer = null!;

    private NodeProcess Collect => nodes[0];

    private NodeProcess Push => nodes[1];

    [SetUp]
    public async Task StartAsync()
    {
        cluster = await TestCluster.StartAsync();
        collectToRedis = new TestLink(cluster.Redis.Port);
        pushToRedis = new TestLink(cluster.Redis.Port);
        nodes = [Prepare("auth,collect,dispatch", collectToRedis), Prepare("push", pushToRedis)];
        foreach (NodeProcess node in nodes)
            node.Launch();
        foreach (NodeProcess node in nodes)
            await Eventually.BecomesTrueAsync(node.IsReadyAsync, $"the node on port {node.Port} is ready");
        producer = new Producer(Collect.Address);
    }

    [TearDown]
    public async Task StopAsync()
    {
        producer.Dispose();
        await cluster.DisposeAsync();
        await collectToRedis.DisposeAsync();
        await pushToRedis.DisposeAsync();
    }

    [Test]
    public async Task PushNode_HasRedisBackBeforeTheDispatcher_AndMissesNothing()
    {
        await using TestClient client = await ConnectAsync("alice");
        collectToRedis.State = pushToRedis.State = LinkState.Cut;
        await Task.Delay(LongerThanAHeartbeat);

        pushToRedis.State = LinkState.Open;
        await Eventually.BecomesTrueAsync(() => Push.Output.Contains("Redis is reached", StringComparison.Ordinal) && Push.Output.LastIndexOf("reached", StringComparison.Ordinal) > Push.Output.IndexOf("Redis is away", StringComparison.Ordinal), "the push node has Redis back");
        for (int i = 0; i < 3; i++)
            await producer.PushToAsync("alice");
        collectToRedis.State = LinkState.Open;

        await client.WaitForMessagesAsync(3);
    }

    [Test]
    public async Task StoringNode_LosesRedisAlone_AndClientsComeInAllTheSame()
    {
        await using TestClient before = await ConnectAsync("alice");
        collectToRedis.State = LinkState.Cut;
        await Task.Delay(LongerThanAHeartbeat);

        Assert.That(await Push.IsReadyAsync(), "the push node reaches all it needs");
        await producer.PushToAsync("alice");
        await before.WaitForMessagesAsync(1);
        await producer.PushToAsync("bob");
        await using TestClient late = await ConnectAsync("bob");
        await late.WaitForMessagesAsync(1);
    }

    [Test]
    public async Task StoringNode_IsRestartedWithoutRedis_AndNothingIsMissed()
    {
        await using TestClient client = await ConnectAsync("alice");
        collectToRedis.State = LinkState.Cut;
        await Collect.KillAsync();
        Collect.Launch();
        await Eventually.BecomesTrueAsync(() => Task.FromResult(Collect.Output.Split("listens on").Length > 2), "the collect node listens again");
        await Task.Delay(LongerThanAHeartbeat);
        for (int i = 0; i < 3; i++)
            await producer.PushToAsync("alice");
        collectToRedis.State = LinkState.Open;

        await client.WaitForMessagesAsync(3);
    }

    [Test]
    public async Task PushNode_LosesRedisAlone_AndHearsOfARevocation()
    {
        string old = Tokens.For("mallory", issued: DateTimeOffset.UtcNow.AddMinutes(-1));
        await using TestClient client = await TestClient.ConnectAsync(Push.Address, old, "device=phone");
        await client.WaitForAsync("live", "user:mallory");
        pushToRedis.State = LinkState.Cut;
        await Task.Delay(LongerThanAHeartbeat);

        await producer.PostAsync("""{"userId":"mallory"}""", "auth/revoke");

        await client.WaitForEndAsync();
        Assert.That(client.CloseCode, Is.EqualTo(4401));
        await using TestClient again = await TestClient.ConnectAsync(Push.Address, old, "device=phone");
        await again.WaitForEndAsync();
        Assert.That(again.CloseCode, Is.EqualTo(4401));
    }

    [Test]
    public async Task PushNode_IsSuspended_AndWritesNothingToWhomWasRevokedMeanwhile()
    {
        string old = Tokens.For("mallory", issued: DateTimeOffset.UtcNow.AddMinutes(-1));
        await using TestClient client = await TestClient.ConnectAsync(Push.Address, old, "device=phone");
        await client.WaitForAsync("live", "user:mallory");
        Push.Pause();
        await producer.PostAsync("""{"userId":"mallory"}""", "auth/revoke");
        for (int i = 0; i < 10; i++)
            await producer.PushToAsync("mallory");
        // What is sent to it waits in its system's buffers, and is not given up yet when it goes on; its heartbeat has lapsed.
        await Task.Delay(TimeSpan.FromSeconds(1));

        Push.Continue();

        await client.WaitForEndAsync();
        Assert.That(client.CloseCode, Is.EqualTo(4401));
        Assert.That(client.Frames.Select(static f => f.GetProperty("type").GetString()), Has.None.EqualTo("message"));
    }

    private NodeProcess Prepare(string roles, TestLink redis) =>
        cluster.Prepare(roles, "--Redis:Connection", $"127.0.0.1:{redis.Port}", "--Redis:NodeLifetime", Topology.NodeLifetime);

    private async Task<TestClient> ConnectAsync(string user)
    {
        TestClient client = await TestClient.ConnectAsync(Push.Address, Tokens.For(user), "device=phone");
        await client.WaitForAsync("live", $"user:{user}");
        return client;
    }
}
