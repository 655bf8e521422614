using System.Text;
using PushNode.Messages;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Collectors, each with a clock and hints of its own, on a database in this process that fails on command.</summary>
internal sealed class NumberingCluster : IAsyncDisposable
{
    public const string Database = "test";

    private readonly TimeSpan[] skews;
    private TimeSpan passed;

    public NumberingCluster(int collectors)
    {
        Hints = [.. Enumerable.Range(0, collectors).Select(static _ => new NumberingHints())];
        Nodes = [.. Hints.Select(h => new MongoUnderTest(Server.Uri, Database, h, ("Retention", "3650.00:00:00"), ("CursorRetention", "3650.00:00:00")))];
        skews = new TimeSpan[collectors];
    }

    public MongoDouble Server { get; } = new();

    public MongoUnderTest[] Nodes { get; }

    public NumberingHints[] Hints { get; }

    /// <summary>The time, in Unix milliseconds: of a clock that is right.</summary>
    public long Now => (TimeProvider.System.GetUtcNow() + passed).ToUnixTimeMilliseconds();

    public async Task<NumberingCluster> StartAsync()
    {
        foreach (MongoUnderTest node in Nodes)
            await node.StartAsync();
        return this;
    }

    /// <summary>Lets time pass, for everybody.</summary>
    public void Pass(TimeSpan time)
    {
        passed += time;
        foreach (MongoUnderTest node in Nodes)
            node.Time.Advance(time);
    }

    /// <summary>Sets a collector's clock, so far ahead of the right one.</summary>
    public void Skew(int node, TimeSpan by)
    {
        Nodes[node].Time.Advance(by - skews[node]);
        skews[node] = by;
    }

    /// <summary>Removes what is past its time, as the server does once a minute.</summary>
    /// <param name="ahead">By how much the server's clock is ahead.</param>
    public int Purge(TimeSpan ahead = default)
    {
        long now = Now + (long)ahead.TotalMilliseconds;
        return Server.Purge(d => d["x"] is BsonDate x && x.Milliseconds <= now);
    }

    /// <summary>Messages as this node accepts them now.</summary>
    public Message[] Create(int node, Channel channel, int count, TimeSpan? ttl = null) =>
        [.. Enumerable.Range(0, count).Select(i => Create(node, channel, $"{Guid.NewGuid():N}-{i}", given: false, ttl))];

    public Message Create(int node, Channel channel, string id, bool given, TimeSpan? ttl = null)
    {
        long now = Nodes[node].Now;
        return new Message(channel, id, now, now + (long)(ttl ?? TimeSpan.FromHours(1)).TotalMilliseconds, null, Encoding.ASCII.GetBytes($"\"{id}\"")) { HasProducerId = given };
    }

    public async Task<Message[]> AppendAsync(int node, Channel channel, int count, TimeSpan? ttl = null) =>
        await AppendAsync(node, Create(node, channel, count, ttl));

    public async Task<Message[]> AppendAsync(int node, Message[] batch)
    {
        await Nodes[node].Store.AppendAsync(batch, default);
        return batch;
    }

    public async Task<long> HeadAsync(int node, Channel channel) => (await Nodes[node].Store.ReadHeadsAsync([channel], default))[0];

    /// <summary>The channel's records, held numbers among them, in the order they were inserted.</summary>
    public (long Seq, string Id)[] Records(Channel channel) =>
        [.. Server.Documents("messages").Where(d => (string)d["c"]! == channel.Name).Select(static d => (d.Number("s"), (string)d.At("_id.i")!))];

    public async ValueTask DisposeAsync()
    {
        foreach (NumberingHints hints in Hints)
            hints.Release();
        foreach (MongoUnderTest node in Nodes)
            await node.DisposeAsync();
        await Server.DisposeAsync();
    }
}
