using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PushNode.Tests.Support;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>Nodes that do not fit together say so, on both sides, and do no harm.</summary>
internal sealed class WrongClusterTests
{
    [Test]
    public async Task AnotherSecret_IsRefused_AndBothLogsSayWhy()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        NodeProcess right = await cluster.AddAsync("auth,collect,dispatch,push");
        NodeProcess wrong = cluster.Prepare("push", "--Cluster:Secret", "another-secret-than-the-cluster-has");

        wrong.Launch();

        await Eventually.BecomesTrueAsync(() => right.Output.Contains("was refused: the caller's Cluster:Secret is not this node's", StringComparison.Ordinal), "the right one says so");
        await Eventually.BecomesTrueAsync(() => wrong.Output.Contains("401: the caller's Cluster:Secret is not this node's", StringComparison.Ordinal), "the wrong one says so");
        Assert.That(await wrong.IsReadyAsync(), Is.False);
        using var producer = new Producer(right.Address);
        await using TestClient client = await TestClient.ConnectAsync(right.Address, Tokens.For("alice"), "device=phone");
        await client.WaitForAsync("live", "user:alice");
        await producer.PushToAsync("alice");
        await client.WaitForMessagesAsync(1);
    }

    [Test]
    public async Task ASecondNodeThatStores_DoesNotStart_AndSaysWhoDoes()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        string lifetime = "--Redis:NodeLifetime";
        await cluster.AddAsync("auth,collect,dispatch", lifetime, "00:00:02");
        NodeProcess second = cluster.Prepare("collect", lifetime, "00:00:02");

        second.Launch();
        await Eventually.BecomesTrueAsync(() => second.Output.Contains("waiting", StringComparison.OrdinalIgnoreCase), "it waits for the claim");
        Assert.That(await cluster.Redis.CommandAsync("KEYS", "pn:node:*"), Has.Length.EqualTo(1), "one that waits is not listed");
        int exitCode = await second.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));

        Assert.That(exitCode, Is.EqualTo(2), second.Output);
        Assert.That(second.Output, Does.Contain("stores the messages of this cluster already"));
    }

    [Test]
    public async Task ANodeOnAnotherDatabase_DoesNotStart()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await using MongoDouble one = new(new MongoDoubleOptions()), another = new(new MongoDoubleOptions());
        NodeProcess first = await cluster.AddAsync("auth,collect,dispatch,push", "--mongo", one.Uri);
        NodeProcess second = cluster.Prepare("collect,dispatch", "--mongo", another.Uri);

        second.Launch();
        int exitCode = await second.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));

        Assert.That(exitCode, Is.EqualTo(2), second.Output);
        Assert.That(second.Output, Does.Contain("Mongo:Connection and Mongo:Database must be the same on all nodes of a cluster, or missing on all: the node"));
        Assert.That(await first.IsReadyAsync(), Is.True);
    }

    [Test]
    public async Task ANodeOnAnotherDatabase_ThatCouldNotFindOutAtItsStart_EndsWhenItCan()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await using MongoDouble one = new(new MongoDoubleOptions()), another = new(new MongoDoubleOptions());
        string[] patience = ["--Redis:NodeLifetime", "00:00:03"];
        NodeProcess first = await cluster.AddAsync("auth,collect,dispatch,push", ["--mongo", one.Uri, .. patience]);
        await cluster.Redis.KillAsync();
        NodeProcess second = cluster.Prepare("collect,dispatch", ["--mongo", another.Uri, .. patience]);
        second.Launch();
        await Eventually.BecomesTrueAsync(() => second.Output.Contains("listens on", StringComparison.Ordinal), "it starts");
        await cluster.Redis.StartAsync();

        int exitCode = await second.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.That(exitCode, Is.EqualTo(1), second.Output);
        Assert.That(second.Output, Does.Contain("was here before and stores elsewhere"));
        Assert.That(await first.IsReadyAsync(), Is.True);
    }

    [Test]
    public async Task AnAddressThatAnotherNodeHas_IsRefused()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        int port = Ports.Next();
        await cluster.AddAsync("auth,collect,dispatch", "--Cluster:Listen", $"http://127.0.0.1:{port}");
        NodeProcess second = cluster.Prepare("push", "--Cluster:Advertise", $"127.0.0.1:{port}");

        second.Launch();
        int exitCode = await second.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));

        Assert.That(exitCode, Is.EqualTo(2), second.Output);
        Assert.That(second.Output, Does.Contain($"Cluster:Advertise is '127.0.0.1:{port}': another program answers at this address already"));
    }

    [Test]
    public async Task AnAddressThatLeadsNowhere_IsSaid()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        string nowhere = $"127.0.0.1:{Ports.Next()}";
        NodeProcess node = cluster.Prepare("auth,collect,dispatch,push", "--Cluster:Advertise", nowhere);
        NodeProcess other = cluster.Prepare("push");

        node.Launch();
        other.Launch();
        await Eventually.BecomesTrueAsync(() => node.Output.Contains($"told to reach this one at {nowhere}, where it does not reach itself", StringComparison.Ordinal), "it says so");
        await Eventually.BecomesTrueAsync(async () => (await cluster.Redis.CommandAsync("KEYS", "pn:node:*")).Length == 2, "both run");

        Assert.That(other.Output, Does.Not.Contain("reach itself"));
        Assert.That((Directory.Exists(node.Data), Directory.Exists(other.Data)), Is.EqualTo((true, false)), "who keeps nothing makes no folder");
        Assert.That(int.Parse((await cluster.Redis.CommandAsync("TTL", "pn:nodes"))[0], CultureInfo.InvariantCulture), Is.GreaterThan(3000), "of a cluster that is no more nothing stays");
    }

    [Test]
    public async Task ANodeThatCannotListen_WasNeverThere()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        NodeProcess node = cluster.Prepare("auth,collect,dispatch,push");
        using var taken = new TcpListener(IPAddress.Loopback, node.Port);
        taken.Start();
        await cluster.Redis.CommandAsync("CONFIG", "SET", "slowlog-log-slower-than", "0");
        await cluster.Redis.CommandAsync("CONFIG", "SET", "slowlog-max-len", "10000");

        node.Launch();

        Assert.That(await node.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40)), Is.EqualTo(1), node.Output);
        Assert.That(await cluster.Redis.CommandAsync("KEYS", "pn:node*"), Is.Empty);
        Assert.That(await cluster.Redis.CommandAsync("KEYS", "pn:store"), Is.Empty);
        string commands = string.Join(' ', await cluster.Redis.CommandAsync("SLOWLOG", "GET", "10000"));
        Assert.That(commands, Does.Contain("pn:store").And.Not.Match("SETEX pn:node:"), "it was not listed meanwhile, either");
    }

    [Test]
    public async Task WithoutAStore_EachNodeSaysOnceWhatItMisses_OnceAStartWouldBeOver()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        NodeProcess push = cluster.Prepare("push");
        NodeProcess dispatch = cluster.Prepare("dispatch");

        push.Launch();
        dispatch.Launch();

        await Eventually.BecomesTrueAsync(() => Warnings(push).Length > 0 && Warnings(dispatch).Length > 0, "both say so", TimeSpan.FromSeconds(40));
        Assert.That(Warnings(push), Has.Length.EqualTo(1).And.Some.Contains("New clients wait for their backlog: no node of the cluster stores messages"));
        Assert.That(Warnings(dispatch), Has.Length.EqualTo(1).And.Some.Contains("The message store is away: no node of the cluster stores messages"));

        static string[] Warnings(NodeProcess node) => [.. node.Output.Split('\n').Where(static l => l.Contains(" warn: ", StringComparison.Ordinal))];
    }

    [Test]
    public async Task Listeners_AnswerOnlyWhatIsTheirs()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        int port = Ports.Next();
        NodeProcess node = await cluster.AddAsync("auth,collect,dispatch,push", "--Cluster:Listen", $"http://127.0.0.1:{port}");
        using var http = new HttpClient();

        foreach (string path in (string[])["node", "deliver", "dispatch", "store/read"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Address, path)) { Content = new ByteArrayContent([]) };
            request.Headers.Add("pushnode-protocol", "1");
            request.Headers.Add("pushnode-secret", TestCluster.Secret);
            using HttpResponseMessage answer = await http.SendAsync(request);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), $"{path} on the public listener");
        }

        foreach (string path in (string[])["healthz", "collect", "users/alice", ""])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/{path}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            request.Headers.Add("pushnode-protocol", "1");
            request.Headers.Add("pushnode-secret", TestCluster.Secret);
            using HttpResponseMessage answer = await http.SendAsync(request);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), $"/{path} on the internal listener");
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Redis_ThatWantsAPassword_IsToldApart(bool isGiven)
    {
        await using RedisServer redis = await RedisServer.StartWithPasswordAsync("a-password-of-redis");
        await using NodeProcess node = NodeProcess.Prepare(
            "--roles", "auth,collect,dispatch,push", "--redis", isGiven ? $"{redis.Address},password=a-password-of-redis" : redis.Address, "--Auth:Jwt:Secret", Tokens.Secret,
            "--Cluster:Secret", TestCluster.Secret, "--Cluster:Listen", $"http://127.0.0.1:{Ports.Next()}");

        node.Launch();

        if (isGiven)
            await Eventually.BecomesTrueAsync(node.IsReadyAsync, "it is ready");
        else
            await Eventually.BecomesTrueAsync(() => node.Output.Contains("password", StringComparison.OrdinalIgnoreCase), "it says that a password is needed");
        Assert.That(node.Output, Does.Not.Contain("a-password-of-redis"));
    }
}
