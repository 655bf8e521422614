using PushNode.Messages;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Where a channel's numbers cross a step, and ids that come to several collectors.</summary>
internal sealed class NumberingStepTests
{
    private static readonly Channel News = Channel.Topic("news");

    private NumberingCluster cluster = null!;

    [SetUp]
    public async Task StartAsync() => cluster = await new NumberingCluster(3).StartAsync();

    [TearDown]
    public async Task EndAsync() => await cluster.DisposeAsync();

    [Test]
    public async Task Step_CrossedInABatch_IsRaisedBefore_AndLeavesNoHole()
    {
        await cluster.AppendAsync(0, News, 1000);
        Assert.That(Top(), Is.EqualTo((1024, 0)));
        int raised = cluster.Server.Count("update channels");
        HeldCommand held = cluster.Server.Hold("insert messages");
        Message[] batch = cluster.Create(0, News, 100);
        Task appending = cluster.AppendAsync(0, batch);
        await held.Arrived;

        Assert.That(Top(), Is.EqualTo((2048, 1000)));
        held.Release();
        await appending;

        Assert.That(batch.Select(static m => m.Seq), Is.EqualTo(Enumerable.Range(1001, 100)));
        await cluster.AppendAsync(1, News, 924);
        Assert.That(cluster.Server.Count("update channels") - raised, Is.EqualTo(1));
        Assert.That((await cluster.AppendAsync(2, News, 1))[0].Seq, Is.EqualTo(2025));
    }

    [TestCase(1)]
    [TestCase(2_500)]
    public async Task Step_CrossedByTheFirstBatch_IsOneRaise(int count)
    {
        Message[] batch = await cluster.AppendAsync(0, News, count);

        Assert.That(batch.Select(static m => m.Seq), Is.EqualTo(Enumerable.Range(1, count)));
        Assert.That(cluster.Server.Count("update channels"), Is.EqualTo(1));
        Assert.That(Top().Top, Is.EqualTo((count + 1023) / 1024 * 1024));
    }

    [Test]
    public async Task Collector_ThatDiedAfterRaising_LeavesNoHole()
    {
        await cluster.AppendAsync(0, News, 1020);
        cluster.Server.Fail("insert messages", 13);
        Message[] lost = await cluster.AppendAsync(0, News, 10);
        Assert.That(lost.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed));
        Assert.That(Top().Top, Is.EqualTo(2048));

        Message[] next = await cluster.AppendAsync(1, News, 10);

        Assert.That(next.Select(static m => m.Seq), Is.EqualTo(Enumerable.Range(1021, 10)));
    }

    [Test]
    public async Task Collector_ThatDiedAfterItsFirstRaise_LeavesTheFirstNumberToTheNext()
    {
        cluster.Server.Fail("insert messages", 13);
        await cluster.AppendAsync(0, News, 10);
        Assert.That(await cluster.HeadAsync(2, News), Is.Zero);

        Assert.That((await cluster.AppendAsync(1, News, 1))[0].Seq, Is.EqualTo(1));
    }

    [Test]
    public async Task Collector_ThatDiedAfterRaising_AndTheRecordsGone_NumberingGoesOnAbove()
    {
        await cluster.AppendAsync(0, News, 1020, TimeSpan.FromSeconds(1));
        cluster.Server.Fail("insert messages", 13);
        await cluster.AppendAsync(0, News, 10);
        cluster.Pass(TimeSpan.FromDays(3));
        cluster.Purge();

        Assert.That((await cluster.AppendAsync(1, News, 1))[0].Seq, Is.EqualTo(2049));
    }

    // What stood at a hint of a day ago may be gone a day later, when the one who raised by it would still be believed: nobody raises by a hint.
    [Test]
    public async Task Step_IsNotRaisedByAHint()
    {
        await cluster.AppendAsync(0, News, 1020, TimeSpan.FromSeconds(1));
        await cluster.AppendAsync(1, News, 3, TimeSpan.FromSeconds(1));
        cluster.Pass(TimeSpan.FromHours(23.9));
        cluster.Hints[2].Find = static (_, _) => 1020;
        cluster.Server.Fail("insert messages", 13);
        await cluster.AppendAsync(2, News, 10);
        Assert.That(Top(), Is.EqualTo((2048, 1023)), "it has died when it had raised the top");
        cluster.Pass(TimeSpan.FromHours(48.2));
        cluster.Purge();
        Assert.That(cluster.Records(News), Is.Empty);
        cluster.Skew(0, TimeSpan.FromMinutes(-30));

        Assert.That((await cluster.AppendAsync(0, News, 1))[0].Seq, Is.GreaterThan(1023));
    }

    [Test]
    public async Task Id_AtSeveralCollectorsAtOnce_IsStoredOnce()
    {
        Message[][] batches = [.. Enumerable.Range(0, 3).Select(node => Enumerable.Range(0, 50).Select(i => cluster.Create(node, News, $"order-{(i * (node + 1)) % 53}", given: true)).ToArray())];

        await Task.WhenAll(batches.Select((batch, node) => cluster.AppendAsync(node, batch)));

        foreach (IGrouping<string, Message> same in batches.SelectMany(static b => b).GroupBy(static m => m.Id))
        {
            Assert.That(same.Count(static m => m.Outcome == StoreOutcome.Stored), Is.EqualTo(1), same.Key);
            Assert.That(same.Count(static m => m.Outcome == StoreOutcome.Repeated), Is.EqualTo(same.Count() - 1), same.Key);
            Assert.That(same.Select(static m => m.Seq).Distinct().Count(), Is.EqualTo(1), same.Key);
        }

        Assert.That(cluster.Records(News).Select(static r => r.Seq), Is.EqualTo(Enumerable.Range(1, cluster.Records(News).Length)));
    }

    [Test]
    public async Task Id_AtTwoCollectorsInTheSameMillisecond_WithTheSameData_IsStoredByOneOfThem()
    {
        Message[] first = [cluster.Create(0, News, "order", given: true), .. cluster.Create(0, News, 1)];
        Message[] second = [new Message(News, "order", first[0].Time, first[0].Expires, null, first[0].Data.Span) { HasProducerId = true }, .. cluster.Create(1, News, 1)];
        HeldCommand held = cluster.Server.Hold("insert messages");
        Task appending = cluster.AppendAsync(0, first);
        await held.Arrived;
        await cluster.AppendAsync(1, second);

        held.Release();
        await appending;

        Assert.That(second.Select(static m => (m.Outcome, m.Seq)), Is.EqualTo(new[] { (StoreOutcome.Stored, 1L), (StoreOutcome.Stored, 2L) }));
        Assert.That(first.Select(static m => (m.Outcome, m.Seq)), Is.EqualTo(new[] { (StoreOutcome.Repeated, 1L), (StoreOutcome.Stored, 3L) }));
    }

    [TestCase("insert messages", true)]
    [TestCase("insert messages", false)]
    public async Task Attempt_WithoutAnAnswer_IsFoundToBeItsOwn(string command, bool afterEffect)
    {
        Message[] batch = [cluster.Create(0, News, "order", given: true), .. cluster.Create(0, News, 2)];
        cluster.Server.Fail(command, 50, 1, afterEffect);

        await cluster.AppendAsync(0, batch);

        Assert.That(batch.Select(static m => (m.Outcome, m.Seq)), Is.EqualTo(new[] { (StoreOutcome.Stored, 1L), (StoreOutcome.Stored, 2L), (StoreOutcome.Stored, 3L) }));
    }

    [Test]
    public async Task Channels_ManyAtOnce_EachIsNumberedWithoutHoles()
    {
        Channel[] channels = [.. Enumerable.Range(0, 150).Select(static i => Channel.User($"u{i}"))];
        var random = new Random(7);
        Message[][] batches = [.. Enumerable.Range(0, 12).Select(b => random.GetItems(channels, 200).Select(c => cluster.Create(b % 3, c, 1)[0]).ToArray())];

        await Task.WhenAll(batches.Select((batch, b) => cluster.AppendAsync(b % 3, batch)));

        foreach (IGrouping<Channel, Message> channel in batches.SelectMany(static b => b).GroupBy(static m => m.Channel))
            Assert.That(channel.Select(static m => m.Seq).Order(), Is.EqualTo(Enumerable.Range(1, channel.Count())), channel.Key.Name);
        foreach (Message[] batch in batches)
            Assert.That(batch.GroupBy(static m => m.Channel).SelectMany(static c => c.Zip(c.Skip(1), static (a, b) => b.Seq - a.Seq)), Is.All.Positive, "in the order of the batch");
    }

    private (long Top, long From) Top()
    {
        BsonDocument channel = cluster.Server.Documents("channels").Single();
        return (channel.Number("top"), channel.Number("from"));
    }
}
