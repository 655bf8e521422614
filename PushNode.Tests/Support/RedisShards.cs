namespace PushNode.Tests.Support;

/// <summary>A real Redis Cluster of three masters, each with a third of the slots; the first may have a replica.</summary>
internal sealed class RedisShards : IAsyncDisposable
{
    private const int Slots = 16384;

    private readonly RedisServer[] servers;

    private RedisShards(RedisServer[] servers) => this.servers = servers;

    /// <summary>The masters, by their slots.</summary>
    public IReadOnlyList<RedisServer> Masters => servers[..3];

    /// <summary>Of the first master.</summary>
    public RedisServer Replica => servers[3];

    /// <summary>Starts it and waits until every server knows that all slots are served.</summary>
    /// <param name="replica">Whether the first master has a replica, which takes its place when it dies.</param>
    public static async Task<RedisShards> StartAsync(bool replica = false)
    {
        var shards = new RedisShards([.. Enumerable.Range(0, replica ? 4 : 3).Select(static _ => Prepare())]);
        try
        {
            await shards.JoinAsync(replica);
            return shards;
        }
        catch
        {
            await shards.DisposeAsync();
            throw;
        }
    }

    /// <summary>How many commands of one name the masters have processed.</summary>
    public Task<long[]> CountCommandsAsync(string name) => Task.WhenAll(Masters.Select(m => m.CountCommandsAsync(name)));

    public async ValueTask DisposeAsync()
    {
        foreach (RedisServer server in servers)
            await server.DisposeAsync();
    }

    // The port of the bus would by default be outside of those that tests have for themselves.
    private static RedisServer Prepare() =>
        RedisServer.Prepare(null, "--cluster-enabled", "yes", "--cluster-port", $"{Ports.Next()}", "--cluster-node-timeout", "2000", "--repl-diskless-sync-delay", "0");

    private async Task JoinAsync(bool replica)
    {
        await Task.WhenAll(servers.Select(static s => s.StartAsync()));
        for (int i = 0; i < 3; i++)
            await servers[i].CommandAsync("CLUSTER", "ADDSLOTSRANGE", $"{Slots * i / 3}", $"{(Slots * (i + 1) / 3) - 1}");
        string first = (await servers[0].CommandAsync("CLUSTER", "MYID"))[0];
        string bus = (await servers[0].CommandAsync("CLUSTER", "NODES"))[0].Split('@', ' ')[2].Split(',')[0];
        foreach (RedisServer server in servers[1..])
            await server.CommandAsync("CLUSTER", "MEET", "127.0.0.1", $"{servers[0].Port}", bus);
        await Eventually.BecomesTrueAsync(KnowEachOtherAsync, "the Redis Cluster serves all its slots");
        if (!replica)
            return;
        await Replica.CommandAsync("CLUSTER", "REPLICATE", first);
        await Eventually.BecomesTrueAsync(
            async () => (await servers[0].CommandAsync("INFO", "replication")).Any(static l => l.Contains("state=online", StringComparison.Ordinal)), "the replica follows");
    }

    private async Task<bool> KnowEachOtherAsync()
    {
        foreach (RedisServer server in servers)
        {
            string[] info = await server.CommandAsync("CLUSTER", "INFO");
            if (!info.Any(static l => l.StartsWith("cluster_state:ok", StringComparison.Ordinal)) || !info.Any(l => l.Trim() == $"cluster_known_nodes:{servers.Length}"))
                return false;
        }

        return true;
    }
}
