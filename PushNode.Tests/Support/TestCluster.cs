using System.Collections.Concurrent;

namespace PushNode.Tests.Support;

/// <summary>Real nodes of one cluster, with a Redis of their own. Few run at a time: each is several processes.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    public const string Secret = "the-secret-of-a-cluster-in-a-test";

    private static readonly SemaphoreSlim Places = new(2);

    private readonly ConcurrentBag<NodeProcess> nodes = [];
    private int turn;

    private TestCluster(RedisServer redis, MongoServer? mongo)
    {
        Redis = redis;
        Mongo = mongo;
    }

    public RedisServer Redis { get; }

    /// <summary>Where its collect nodes keep the messages; null: in the journal of the one there is.</summary>
    public MongoServer? Mongo { get; }

    /// <param name="onMongo">Whether the collect nodes keep the messages in MongoDB; the test is skipped where there is none.</param>
    public static async Task<TestCluster> StartAsync(bool onMongo = false)
    {
        MongoServer? mongo = onMongo ? MongoServer.Use() : null;
        await Places.WaitAsync();
        try
        {
            return new TestCluster(await RedisServer.StartAsync(), mongo);
        }
        catch
        {
            Places.Release();
            throw;
        }
    }

    /// <summary>A node that is ready.</summary>
    public async Task<NodeProcess> AddAsync(string roles, params string[] settings)
    {
        NodeProcess node = Prepare(roles, settings);
        await node.StartAsync();
        return node;
    }

    /// <summary>A node that is not started yet.</summary>
    public NodeProcess Prepare(string roles, params string[] settings)
    {
        int port = Ports.Next();
        string[] own = settings.Contains("--Cluster:Listen") ? [] : ["--Cluster:Listen", $"http://127.0.0.1:{port}"];
        string[] secret = settings.Contains("--Cluster:Secret") ? [] : ["--Cluster:Secret", Secret];
        string[] redis = settings.Contains("--Redis:Connection") ? [] : ["--redis", Redis.Address];
        string[] store = Mongo is null || !roles.Contains("collect", StringComparison.Ordinal) || settings.Contains("--mongo") ? [] : Mongo.Settings;
        NodeProcess node = NodeProcess.Prepare(
            ["--roles", roles, .. redis, .. store, "--Auth:Jwt:Secret", Tokens.Secret, "--Push:ProofInterval", "00:00:00.5", "--Push:MaxConnectionsPerUser", "1000", .. own, .. secret, .. settings]);
        nodes.Add(node);
        return node;
    }

    /// <summary>The next of some nodes, as a load balancer gives them out: in turn, whether they are up or not.</summary>
    public Func<Uri> Balance(params NodeProcess[] among) => () => among[(uint)Interlocked.Increment(ref turn) % among.Length].Address;

    public async ValueTask DisposeAsync()
    {
        foreach (NodeProcess node in nodes)
            await node.DisposeAsync();
        await Redis.DisposeAsync();
        if (Mongo is not null)
            await Mongo.DisposeAsync();
        Places.Release();
    }
}
