namespace PushNode.Tests.Storage.Mongo;

/// <summary>Random histories of a channel: no number is used twice, none comes behind a reader's back, nothing that was promised is missed.</summary>
internal sealed class NumberingHistoryTests
{
    private const int Histories = 250;

    [TestCase(1_000)]
    [TestCase(2_000)]
    public async Task Numbers_InRandomHistories_AreUsedOnce_AndNeverBehindAReader(int first)
    {
        await using NumberingCluster cluster = await new NumberingCluster(4).StartAsync();
        for (int seed = first; seed < first + Histories; seed++)
            await new NumberingHistory(cluster, seed).RunAsync();
    }
}
