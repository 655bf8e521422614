using System.Diagnostics;
using PushNode.Messages;
using PushNode.Tests.Support;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Three collectors, all with one topic's messages, at once.</summary>
internal sealed class NumberingHotTopicTests
{
    private const int Collectors = 3;
    private const int Batches = 40;
    private const int BatchSize = 50;

    private static readonly Channel Hot = Channel.Topic("hot");

    private long hint;

    [Test]
    public async Task Batches_OnOneTopic_KeepTheirOrder_WithoutHoles_OnARealServer()
    {
        await using var server = MongoServer.Use();
        await RunAsync(server.Uri, server.Database);
    }

    [Test]
    public async Task Batches_OnOneTopic_CostAFewRoundTrips()
    {
        await using var server = new MongoDouble();
        await RunAsync(server.Uri, "hot");

        const int appended = Collectors * Batches;
        int inserts = server.Count("insert messages");
        int heads = server.Count("aggregate channels");
        await TestContext.Out.WriteLineAsync($"{appended} batches: {inserts} inserts, {heads} questions for the head, {server.Count("update channels")} raises");
        Assert.That(inserts, Is.LessThan(appended * 2 * Collectors));
    }

    private async Task RunAsync(string uri, string database)
    {
        MongoUnderTest[] nodes = [.. Enumerable.Range(0, Collectors).Select(_ => new MongoUnderTest(uri, database, new NumberingHints { Find = (_, _) => Volatile.Read(ref hint) }))];
        try
        {
            foreach (MongoUnderTest node in nodes)
                await node.StartAsync();
            long start = Stopwatch.GetTimestamp();
            Message[][][] all = await Task.WhenAll(nodes.Select((node, i) => Task.Run(() => AppendAsync(node, i))));
            TimeSpan time = Stopwatch.GetElapsedTime(start);

            Message[][] batches = [.. all.SelectMany(static b => b)];
            await TestContext.Out.WriteLineAsync($"{batches.Length * BatchSize / time.TotalSeconds:F0} messages/s in batches of {BatchSize}, by {Collectors} collectors on one topic");
            Assert.That(batches.SelectMany(static b => b).Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Stored));
            Assert.That(batches.SelectMany(static b => b).Select(static m => m.Seq).Order(), Is.EqualTo(Enumerable.Range(1, batches.Length * BatchSize)));
            foreach (Message[] batch in batches)
                Assert.That(batch.Select(static m => m.Seq), Is.Ordered);
            foreach (Message[][] ofOne in all)
                Assert.That(ofOne.Select(static b => b[0].Seq), Is.Ordered);
            var reader = new NumberingReader(nodes[0].Store, Hot);
            do
                await reader.ReadAsync(1 << 16);
            while (reader.Through < reader.Head);
            Assert.That(reader.Seen, Is.EqualTo(Enumerable.Range(1, batches.Length * BatchSize)));
        }
        finally
        {
            foreach (MongoUnderTest node in nodes)
                await node.DisposeAsync();
        }
    }

    private async Task<Message[][]> AppendAsync(MongoUnderTest node, int number)
    {
        var batches = new Message[Batches][];
        for (int b = 0; b < Batches; b++)
        {
            batches[b] = [.. Enumerable.Range(0, BatchSize).Select(i => new Message(Hot, $"{number}-{b}-{i}", node.Now, node.Now + 60_000, null, "{\"some\":\"data\"}"u8))];
            await node.Store.AppendAsync(batches[b], default);
            long newest = batches[b][^1].Seq;
            // As Redis keeps it: it is only raised.
            for (long known = Volatile.Read(ref hint); known < newest; known = Volatile.Read(ref hint))
                Interlocked.CompareExchange(ref hint, newest, known);
        }

        return batches;
    }
}
