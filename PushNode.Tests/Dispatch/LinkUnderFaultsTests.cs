using PushNode.Dispatch.Remote;
using PushNode.Messages;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

/// <summary>A link that is cut again and again while messages go over it.</summary>
internal sealed class LinkUnderFaultsTests : IDisposable
{
    private const int Stored = 6_000;

    private readonly LinkParts parts = new();

    public void Dispose() => parts.Dispose();

    [Test]
    public async Task WhateverHappens_OrderIsKept_WhatIsMissingIsTold_AndEachReportIsSettledOnce([Values(1, 2, 3)] int seed, [Values(60, 100_000)] int room)
    {
        parts.Options.MaxQueuedMessages = room;
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);
        var reports = new List<DeliveryReport>();
        using var done = new CancellationTokenSource();
        Task faults = CutAgainAndAgainAsync(node.Link, new Random(seed), done.Token);

        var random = new Random(seed);
        for (int seq = 1; seq <= Stored;)
        {
            var batch = new List<Message>();
            for (int i = random.Next(1, 30); i > 0 && seq <= Stored; i--)
                batch.Add(TestMessages.Stored(seq++, Next(reports)));
            for (int i = random.Next(0, 5); i > 0; i--)
                batch.Add(TestMessages.Ephemeral(Next(reports), $"user-{reports.Count}"));
            await link.DeliverAsync(batch, CancellationToken.None);
            if (random.Next(3) == 0)
                await Task.Delay(random.Next(1, 6));
        }

        await done.CancelAsync();
        await faults;
        await link.CloseAsync(CancellationToken.None).WaitAsync(LinkParts.Patience);
        Assert.That(reports.Any(static r => r.Completed.IsCompleted), Is.False, "none was settled twice");
        reports.ForEach(static r => r.Add(0));
        await Eventually.BecomesTrueAsync(() => reports.TrueForAll(static r => r.Completed.IsCompleted), "each is settled");

        long[] first = [.. node.Delivery.Seqs.Where(static s => s > 0).Distinct()];
        Assert.That(first, Is.Ordered);
        if (first.Length < Stored)
            Assert.That(node.Delivery.Reconciled, Is.Positive, $"{Stored - first.Length} are missing");
        if (room > Stored)
            Assert.That(first, Has.Length.EqualTo(Stored), "there was room for all");
        Assert.That(link.Owes, Is.False);
        Assert.That(node.Delivery.Delivered.Where(static m => m.Ephemeral).Select(static m => m.Channel), Is.Unique);
    }

    /// <summary>A report that is complete when it has been settled twice: once by the link, once by the test.</summary>
    private static DeliveryReport Next(List<DeliveryReport> reports)
    {
        var report = new DeliveryReport(2);
        reports.Add(report);
        return report;
    }

    private static async Task CutAgainAndAgainAsync(TestLink link, Random random, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(random.Next(5, 60), CancellationToken.None);
            link.State = LinkState.Cut;
            await Task.Delay(random.Next(1, 40), CancellationToken.None);
            link.State = LinkState.Open;
        }
    }
}
