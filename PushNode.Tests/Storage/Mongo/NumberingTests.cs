using PushNode.Messages;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Collectors that number one channel, in the situations that decide.</summary>
internal sealed class NumberingTests
{
    private static readonly Channel News = Channel.Topic("news");

    private NumberingCluster cluster = null!;

    [SetUp]
    public async Task StartAsync() => cluster = await new NumberingCluster(3).StartAsync();

    [TearDown]
    public async Task EndAsync() => await cluster.DisposeAsync();

    [Test]
    public async Task Hints_LostOrBehindOrOfAnotherEpoch_LeaveNoHole()
    {
        string epoch = cluster.Nodes[0].Store.Epoch;
        int turn = 0;
        foreach (NumberingHints hints in cluster.Hints)
            hints.Find = (_, asked) => asked != epoch ? 1_000_000 : (turn++ % 3) switch { 0 => 0, 1 => 1, _ => Math.Max(1, turn / 2) };

        var seqs = new List<long>();
        for (int i = 0; i < 20; i++)
            seqs.AddRange(Seqs(await cluster.AppendAsync(i % 3, News, 3)));

        Assert.That(seqs, Is.EqualTo(Numbers(1, 60)));
        Assert.That(cluster.Hints.Sum(static h => h.Asked), Is.EqualTo(20));
    }

    [Test]
    public async Task Hint_ThatIsRight_SparesTheQuestion()
    {
        await cluster.AppendAsync(0, News, 3);
        cluster.Hints[1].Find = static (_, _) => 3;
        (int asked, int inserted) = (cluster.Server.Count("aggregate channels"), cluster.Server.Count("insert messages"));

        Assert.That(Seqs(await cluster.AppendAsync(1, News, 3)), Is.EqualTo(Numbers(4, 6)));

        Assert.That(cluster.Server.Count("aggregate channels") - asked, Is.Zero);
        Assert.That(cluster.Server.Count("insert messages") - inserted, Is.EqualTo(1));
    }

    [Test]
    public async Task Epoch_Renewed_WhatWasKnownBefore_DoesNotCount()
    {
        await cluster.AppendAsync(0, News, 10);
        string before = cluster.Nodes[0].Store.Epoch;
        cluster.Hints[0].Find = (_, epoch) => epoch == before ? 10 : 0;

        // A copy of before the channel's first message.
        cluster.Server.Purge(static _ => true);
        cluster.Server.Purge(static _ => true, "channels");
        cluster.Server.Purge(static _ => true, "meta");
        await Support.Eventually.BecomesTrueAsync(() => cluster.Nodes[0].Store.Epoch != before, "the new epoch is found");

        Assert.That(Seqs(await cluster.AppendAsync(0, News, 2)), Is.EqualTo(Numbers(1, 2)));
    }

    [Test]
    public async Task Records_AllGone_NumberingGoesOnAbove_AndTheHeadDoesNotGoBack()
    {
        await cluster.AppendAsync(0, News, 5, TimeSpan.FromSeconds(1));
        var heads = new List<long>();
        for (int hours = 0; hours < 84; hours += 3)
        {
            cluster.Pass(TimeSpan.FromHours(3));
            cluster.Purge();
            heads.Add(await cluster.HeadAsync(1, News));
        }

        Assert.That(cluster.Records(News), Is.Empty);
        Assert.That(heads, Is.Ordered);
        long[] next = Seqs(await cluster.AppendAsync(2, News, 2));
        Assert.That(next, Is.EqualTo(Numbers(heads[^1] + 1, heads[^1] + 2)));
        Assert.That(await cluster.HeadAsync(1, News), Is.EqualTo(next[^1]));
    }

    [Test]
    public async Task Newest_GoneBeforeOlderOnes_ItsNumberIsNotGivenAgain()
    {
        await cluster.AppendAsync(0, News, 5, TimeSpan.FromDays(300));
        await cluster.AppendAsync(0, News, 5, TimeSpan.FromSeconds(1));
        cluster.Pass(TimeSpan.FromDays(3) + TimeSpan.FromMinutes(1));
        Assert.That(cluster.Purge(), Is.EqualTo(5));

        long[] next = Seqs(await cluster.AppendAsync(1, News, 2));

        Assert.That(next[0], Is.GreaterThan(10));
        var reader = new NumberingReader(cluster.Nodes[2].Store, News);
        await reader.ReadAsync(1 << 20);
        Assert.That(reader.Seen, Is.EqualTo(Numbers(1, 5).Concat(next)));
    }

    [TestCase(1, 2)]
    [TestCase(30, 1)]
    public async Task Collector_StoppedWithItsHints_ForMinutes_LooksAgain_AndLeavesNoHole(int minutes, int inserts)
    {
        await cluster.AppendAsync(0, News, 3);
        (Message[] batch, Task appending) = await StopWithHintsAsync(0, hint: 3);
        cluster.Pass(TimeSpan.FromMinutes(minutes));
        await cluster.AppendAsync(1, News, 4);
        await cluster.AppendAsync(2, News, 1);

        int before = cluster.Server.Count("insert messages");
        await GoOnAsync(0, appending);

        Assert.That(Seqs(batch), Is.EqualTo(Numbers(9, 11)));
        Assert.That(cluster.Server.Count("insert messages") - before, Is.EqualTo(inserts), "by hints that are old it does not even try");
    }

    [Test]
    public async Task Collector_StoppedWithItsHints_ForDays_UsesNoNumberAgain()
    {
        await cluster.AppendAsync(0, News, 3, TimeSpan.FromSeconds(1));
        (Message[] batch, Task appending) = await StopWithHintsAsync(0, hint: 3);
        await cluster.AppendAsync(1, News, 4, TimeSpan.FromSeconds(1));
        cluster.Pass(TimeSpan.FromDays(3));
        cluster.Purge();
        var reader = new NumberingReader(cluster.Nodes[2].Store, News);
        await reader.ReadAsync(1 << 20);

        await GoOnAsync(0, appending);
        long[] next = Seqs(await cluster.AppendAsync(0, News, 1));

        Assert.That(batch.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed), "its producer has gone");
        Assert.That(next[0], Is.GreaterThan(reader.Through));
    }

    [TestCase("aggregate channels")]
    [TestCase("update channels")]
    public async Task Collector_StoppedForTwoHours_DoesNotGoByWhatItKnew(string before)
    {
        HeldCommand held = cluster.Server.Hold(before);
        Message[] batch = cluster.Create(0, News, 2);
        Task appending = cluster.AppendAsync(0, batch);
        await held.Arrived;
        int inserted = cluster.Server.Count("insert messages");
        cluster.Pass(TimeSpan.FromHours(2));
        held.Release();
        await appending;

        Assert.That(batch.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed));
        Assert.That(cluster.Server.Count("insert messages"), Is.EqualTo(inserted));
        Assert.That(Seqs(await cluster.AppendAsync(1, News, 2)), Is.EqualTo(Numbers(1, 2)));
    }

    // To one the channel's newest record is old, to the other not yet.
    [Test]
    public async Task Gap_ThatAnotherHasUsed_IsNoGap()
    {
        await cluster.AppendAsync(0, News, 3);
        cluster.Skew(1, TimeSpan.FromMinutes(-30));
        cluster.Pass(TimeSpan.FromHours(24) + TimeSpan.FromMinutes(10));
        HeldCommand held = cluster.Server.Hold("insert messages");
        Message[] batch = cluster.Create(0, News, 2);
        Task appending = cluster.AppendAsync(0, batch);
        await held.Arrived;
        Assert.That(Seqs(await cluster.AppendAsync(1, News, 2)), Is.EqualTo(Numbers(4, 5)));

        held.Release();
        await appending;

        Assert.That(Seqs(batch), Is.EqualTo(Numbers(6, 7)));
    }

    [Test]
    public async Task Gap_Held_KeepsTheOneWithTheSlowClockOut()
    {
        await cluster.AppendAsync(0, News, 3);
        cluster.Skew(1, TimeSpan.FromMinutes(-30));
        cluster.Pass(TimeSpan.FromHours(24) + TimeSpan.FromMinutes(10));
        HeldCommand held = cluster.Server.Hold("insert messages");
        Message[] slow = cluster.Create(1, News, 2);
        Task appending = cluster.AppendAsync(1, slow);
        await held.Arrived;
        Assert.That(Seqs(await cluster.AppendAsync(0, News, 2)), Is.EqualTo(Numbers(1025, 1026)));
        var reader = new NumberingReader(cluster.Nodes[2].Store, News);
        await reader.ReadAsync(1 << 20);

        held.Release();
        await appending;
        await reader.ReadAsync(1 << 20);

        Assert.That(Seqs(slow), Is.EqualTo(Numbers(1027, 1028)));
        Assert.That(reader.Seen, Is.EqualTo(Numbers(1025, 1028)));
    }

    private async Task<(Message[] Batch, Task Appending)> StopWithHintsAsync(int node, long hint)
    {
        cluster.Hints[node].Find = (_, _) => hint;
        Task arrived = cluster.Hints[node].HoldAsync();
        Message[] batch = cluster.Create(node, News, 3, TimeSpan.FromSeconds(1));
        Task appending = cluster.AppendAsync(node, batch);
        await arrived;
        return (batch, appending);
    }

    private async Task GoOnAsync(int node, Task appending)
    {
        cluster.Hints[node].Release();
        await appending;
        cluster.Hints[node].Find = static (_, _) => 0;
    }

    private static long[] Seqs(IEnumerable<Message> batch) => [.. batch.Select(static m => m.Outcome == StoreOutcome.Stored ? m.Seq : -1)];

    private static IEnumerable<long> Numbers(long first, long last) => Enumerable.Range(0, (int)(last - first) + 1).Select(i => first + i);
}
