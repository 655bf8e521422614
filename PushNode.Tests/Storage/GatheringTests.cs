using System.Collections.Concurrent;
using PushNode.Storage;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage;

internal sealed class GatheringTests
{
    private readonly ConcurrentQueue<int[]> sent = new();
    private readonly Queue<TaskCompletionSource> gates = new();

    [Test]
    public async Task Alone_IsSentAtOnce_AndWhatComesMeanwhile_Together()
    {
        var gathering = new Gathering<int, string>(SendAsync, static _ => 1, maxWeight: 3, lanes: 1);
        TaskCompletionSource first = Hold();
        Task<string>[] all = [.. Enumerable.Range(1, 5).Select(i => gathering.AskAsync(i, default))];

        Assert.That(sent, Is.EqualTo(new int[][] { [1] }));
        first.SetResult();

        Assert.That(await Task.WhenAll(all), Is.EqualTo(new[] { "1", "2", "3", "4", "5" }));
        Assert.That(sent, Is.EqualTo(new int[][] { [1], [2, 3, 4], [5] }));
    }

    [Test]
    public async Task OneHeavierThanTheLimit_IsSentAlone()
    {
        var gathering = new Gathering<int, string>(SendAsync, static i => i, maxWeight: 10, lanes: 1);
        TaskCompletionSource first = Hold();
        Task<string>[] all = [.. new[] { 1, 50, 4, 6, 1 }.Select(i => gathering.AskAsync(i, default))];
        first.SetResult();
        await Task.WhenAll(all);

        Assert.That(sent, Is.EqualTo(new int[][] { [1], [50], [4, 6], [1] }));
    }

    [Test]
    public async Task Lanes_AreUsedAtTheSameTime_AndFreeAgainAfterwards()
    {
        var gathering = new Gathering<int, string>(SendAsync, static _ => 1, maxWeight: 10, lanes: 2);
        for (int round = 0; round < 3; round++)
        {
            TaskCompletionSource[] held = [Hold(), Hold()];
            Task<string>[] all = [.. Enumerable.Range(1, 3).Select(i => gathering.AskAsync(i, default))];
            Assert.That(sent, Is.EqualTo(new int[][] { [1], [2] }));
            foreach (TaskCompletionSource gate in held)
                gate.SetResult();
            await Task.WhenAll(all);
            await Eventually.BecomesTrueAsync(() => sent.Count == 3, "the third is sent");
            sent.Clear();
        }
    }

    [Test]
    public async Task AnswersToSome_TheRestIsAskedAgain()
    {
        var gathering = new Gathering<int, string>(SendTwoAsync, static _ => 1, maxWeight: 10, lanes: 1);
        TaskCompletionSource first = Hold();
        Task<string>[] all = [.. Enumerable.Range(1, 6).Select(i => gathering.AskAsync(i, default))];
        first.SetResult();

        Assert.That(await Task.WhenAll(all), Is.EqualTo(new[] { "1", "2", "3", "4", "5", "6" }));
        Assert.That(sent, Is.EqualTo(new int[][] { [1], [2, 3, 4, 5, 6], [4, 5, 6], [6] }));
        async Task<string[]> SendTwoAsync(IReadOnlyList<int> asks) => (await SendAsync(asks))[..Math.Min(2, asks.Count)];
    }

    [Test]
    public async Task Failure_IsToldToAllOfTheRequest_AndTheNextIsSent()
    {
        bool fails = true;
        var gathering = new Gathering<int, string>(asks => fails ? throw new TimeoutException() : SendAsync(asks), static _ => 1, maxWeight: 10, lanes: 1);

        Assert.That(async () => await gathering.AskAsync(1, default), Throws.TypeOf<TimeoutException>());
        fails = false;
        Assert.That(await gathering.AskAsync(2, default), Is.EqualTo("2"));
    }

    [Test]
    public void GivingUp_ConcernsTheOneWhoDoes()
    {
        var gathering = new Gathering<int, string>(SendAsync, static _ => 1, maxWeight: 10, lanes: 1);
        TaskCompletionSource first = Hold();
        using var patience = new CancellationTokenSource();
        Task<string> impatient = gathering.AskAsync(1, patience.Token);
        Task<string> patient = gathering.AskAsync(2, default);
        patience.Cancel();

        Assert.That(async () => await impatient, Throws.InstanceOf<OperationCanceledException>());
        first.SetResult();
        Assert.That(async () => await patient, Is.EqualTo("2"));
    }

    private TaskCompletionSource Hold()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gates.Enqueue(gate);
        return gate;
    }

    private async Task<string[]> SendAsync(IReadOnlyList<int> asks)
    {
        sent.Enqueue([.. asks]);
        if (gates.TryDequeue(out TaskCompletionSource? gate))
            await gate.Task;
        return [.. asks.Select(static i => $"{i}")];
    }
}
