using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys;

/// <summary>
/// Once /collect has answered 202 for a durable message, every device of the user gets it, in order, at least once, whatever the process dies of; nobody
/// else gets it.
/// </summary>
internal sealed class PromiseTests
{
    private const int Kills = 5;

    private static readonly TimeSpan BetweenKills = TimeSpan.FromSeconds(1.2);

    [Test]
    [CancelAfter(120_000)]
    public async Task KilledAndRestarted_LosesNothing(CancellationToken cancellationToken)
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:ProofInterval", "00:00:00.5");
        await using var traffic = Traffic.Start(() => node.Address, () => node.Address, users: 12, producerCount: 8);

        for (int kill = 0; kill < Kills; kill++)
        {
            // Traffic has to go on for a while between the kills: time is what is meant here.
            await Task.Delay(BetweenKills, cancellationToken);
            await node.KillAsync();
            await node.StartAsync();
        }

        await traffic.GoOnAsync(100);

        Assert.That(await traffic.FinishAsync(), Is.Empty);
    }
}
