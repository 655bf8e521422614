using System.IO.Pipelines;
using PushNode.Push;

namespace PushNode.Tests.Push;

internal sealed class OutboxTests
{
    private const int Limit = 1_000;

    // A transport that takes nothing until it is read.
    private readonly Pipe transport = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
    private readonly Outbox outbox;

    public OutboxTests() => outbox = new Outbox(new PipeOutput(transport.Writer), Limit, TimeProvider.System);

    [Test]
    public void TryEnqueue_TellsTheFirst_ThatItMustFlush()
    {
        Assert.That(outbox.TryEnqueue(new byte[10]), Is.EqualTo(EnqueueResult.QueuedFirst));
        Assert.That(outbox.TryEnqueue(new byte[10]), Is.EqualTo(EnqueueResult.Queued));
        Assert.That(outbox.PendingBytes, Is.EqualTo(20));
    }

    [Test]
    public void TryEnqueue_BeyondTheLimit_IsFull_AndTakesNothing()
    {
        outbox.TryEnqueue(new byte[600]);

        Assert.That(outbox.TryEnqueue(new byte[401]), Is.EqualTo(EnqueueResult.Full));
        Assert.That(outbox.TryEnqueue(new byte[400]), Is.EqualTo(EnqueueResult.Queued));
        Assert.That(outbox.TryEnqueue(new byte[500], FrameKind.Control), Is.EqualTo(EnqueueResult.Queued), "a control frame has room of its own");
        Assert.That(outbox.TryEnqueue(new byte[1], FrameKind.Control), Is.EqualTo(EnqueueResult.Full), "which has an end too");
    }

    [Test]
    public void TryEnqueue_IntoAnEmptyOne_TakesAnySize_AndWhatIsSaidOfIt()
    {
        Assert.That(outbox.TryEnqueue(new byte[10 * Limit]), Is.EqualTo(EnqueueResult.QueuedFirst));
        Assert.That(outbox.TryEnqueue(new byte[100], FrameKind.Control), Is.EqualTo(EnqueueResult.Queued));
        Assert.That(outbox.TryEnqueue(new byte[100], FrameKind.Ping), Is.EqualTo(EnqueueResult.Queued));
        Assert.That(outbox.TryEnqueue(new byte[1]), Is.EqualTo(EnqueueResult.Full));
    }

    [Test]
    public async Task ControlFrames_ThatAreWritten_TakeNoRoomFromLaterOnes()
    {
        for (int i = 0; i < 5; i++)
        {
            Assert.That(outbox.TryEnqueue(new byte[400], FrameKind.Control), Is.EqualTo(EnqueueResult.QueuedFirst));
            ValueTask<bool> flushing = outbox.FlushAsync();
            await ReadAsync();
            Assert.That(await flushing, Is.True);
        }
    }

    [Test]
    public async Task Flush_WritesWhatWaits_InOrderAndAtOnce()
    {
        outbox.TryEnqueue(new byte[] { 1, 2 });
        outbox.TryEnqueue(new byte[] { 3 });
        ValueTask<bool> flushing = outbox.FlushAsync();

        Assert.That(await ReadAsync(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(await flushing, Is.True);
        Assert.That(outbox.PendingBytes, Is.Zero);
    }

    [Test]
    public async Task Flush_OfFramesOfAnySize_WritesEveryByteOnce_InOrder()
    {
        var written = new MemoryStream();
        var large = new Outbox(new PipeOutput(PipeWriter.Create(written)), int.MaxValue, TimeProvider.System);
        int[] lengths = [1, 40_000, 7, 32_768, 32_767, 1, 100_000, 3, 250, 250, 250];
        byte next = 0;
        byte[] Frame(int length) => [.. Enumerable.Range(0, length).Select(_ => next++)];
        foreach (int length in lengths)
            large.TryEnqueue(Frame(length));
        Assert.That(await large.FlushAsync(), Is.True);
        // One alone, in the midst of its array.
        byte[] around = [0, .. Frame(70_000), 0];
        large.TryEnqueue(around.AsMemory(1, 70_000));
        Assert.That(await large.FlushAsync(), Is.True);

        Assert.That(written.Length, Is.EqualTo(lengths.Sum() + 70_000));
        Assert.That(written.ToArray().Select((value, i) => value == (byte)i), Is.All.True);
        Assert.That(large.PendingBytes, Is.Zero);
    }

    [Test]
    public async Task WhatIsBeingWritten_CountsUntilTheSocketHasIt()
    {
        outbox.TryEnqueue(new byte[900]);
        ValueTask<bool> flushing = outbox.FlushAsync();

        Assert.That(flushing.IsCompleted, Is.False);
        Assert.That(outbox.WriteStarted, Is.Not.Zero);
        Assert.That(outbox.TryEnqueue(new byte[200]), Is.EqualTo(EnqueueResult.Full));
        Task room = outbox.WaitForRoomAsync();
        Assert.That(room.IsCompleted, Is.False);
        await ReadAsync();
        await flushing;

        await room;
        Assert.That(outbox.WriteStarted, Is.Zero);
        Assert.That(outbox.TryEnqueue(new byte[200]), Is.EqualTo(EnqueueResult.QueuedFirst));
    }

    [Test]
    public async Task WhatComesDuringAWrite_LeavesWithTheNext()
    {
        outbox.TryEnqueue(new byte[] { 1 });
        ValueTask<bool> flushing = outbox.FlushAsync();
        Assert.That(outbox.TryEnqueue(new byte[] { 2 }), Is.EqualTo(EnqueueResult.Queued), "who is writing goes on");
        Assert.That(outbox.TryEnqueue(new byte[] { 3 }), Is.EqualTo(EnqueueResult.Queued));

        Assert.That(await ReadAsync(), Is.EqualTo(new byte[] { 1 }));
        Assert.That(await ReadAsync(), Is.EqualTo(new byte[] { 2, 3 }));
        Assert.That(await flushing, Is.True);
    }

    [Test]
    public void Ephemeral_DoesNotTakeTheRoomThatADurableOneWaitsFor()
    {
        outbox.TryEnqueue(new byte[800]);
        Assert.That(outbox.TryEnqueue(new byte[10], FrameKind.Ephemeral), Is.EqualTo(EnqueueResult.Queued));

        Task room = outbox.WaitForRoomAsync();

        Assert.That(room.IsCompleted, Is.False);
        Assert.That(outbox.TryEnqueue(new byte[10], FrameKind.Ephemeral), Is.EqualTo(EnqueueResult.Full));
        Assert.That(outbox.TryEnqueue(new byte[10], FrameKind.Durable), Is.EqualTo(EnqueueResult.Queued));
    }

    [Test]
    public async Task LargeFrame_IsWrittenInParts_EachOfWhichIsProgress()
    {
        byte[] large = new byte[100_000];
        new Random(1).NextBytes(large);
        outbox.TryEnqueue(large);
        ValueTask<bool> flushing = outbox.FlushAsync();
        var received = new List<byte>();

        received.AddRange(await ReadAsync());
        Assert.That(received, Has.Count.EqualTo(32 * 1024));
        while (received.Count < large.Length)
            received.AddRange(await ReadAsync());

        Assert.That(await flushing, Is.True);
        Assert.That(received, Is.EqualTo(large));
    }

    [Test]
    public async Task WindowIsFull_UntilThePingInIt_IsAnswered()
    {
        var windowed = new Outbox(new PipeOutput(PipeWriter.Create(Stream.Null)), Limit, TimeProvider.System, window: 500);
        windowed.TryEnqueue(new byte[300]);
        Assert.That(windowed.WantsPing, Is.True);
        windowed.TryEnqueue(new byte[10], FrameKind.Ping);
        windowed.TryEnqueue(new byte[300]);
        await windowed.FlushAsync();

        Assert.That(windowed.PendingBytes, Is.Zero, "the system has taken everything");
        Assert.That(windowed.TryEnqueue(new byte[1]), Is.EqualTo(EnqueueResult.Full));
        Assert.That(windowed.TryEnqueue(new byte[1], FrameKind.Ephemeral), Is.EqualTo(EnqueueResult.Full));
        Assert.That(windowed.TryEnqueue(new byte[1], FrameKind.Control), Is.EqualTo(EnqueueResult.QueuedFirst));
        Task room = windowed.WaitForRoomAsync();
        Assert.That(room.IsCompleted, Is.False);
        windowed.Prove();

        await room;
        Assert.That(windowed.UnprovedBytes, Is.EqualTo(301));
        Assert.That(windowed.TryEnqueue(new byte[900]), Is.EqualTo(EnqueueResult.Queued), "a frame of any size, while the window is open");
        windowed.OpenWindow();
        Assert.That(windowed.UnprovedBytes, Is.Zero);
    }

    [Test]
    public void EnqueueLast_IsTakenWhateverWaits_AndNothingAfterIt()
    {
        outbox.TryEnqueue(new byte[Limit]);

        Assert.That(outbox.EnqueueLast(new byte[4]), Is.EqualTo(EnqueueResult.Queued));
        Assert.That(outbox.TryEnqueue(new byte[1]), Is.EqualTo(EnqueueResult.Closed));
        Assert.That(outbox.EnqueueLast(new byte[4]), Is.EqualTo(EnqueueResult.Closed));
    }

    [Test]
    public async Task Close_LetsWaitersGo()
    {
        outbox.TryEnqueue(new byte[Limit]);
        Task room = outbox.WaitForRoomAsync();
        Task empty = outbox.WaitUntilEmptyAsync();

        outbox.Close();

        await Task.WhenAll(room, empty);
        Assert.That(outbox.TryEnqueue(new byte[1]), Is.EqualTo(EnqueueResult.Closed));
    }

    [Test]
    public async Task Flush_IntoATransportThatHasEnded_SaysSo()
    {
        await transport.Reader.CompleteAsync();
        outbox.TryEnqueue(new byte[1]);

        Assert.That(await outbox.FlushAsync(), Is.False);
    }

    private async Task<byte[]> ReadAsync()
    {
        ReadResult result = await transport.Reader.ReadAsync();
        byte[] bytes = [.. System.Buffers.BuffersExtensions.ToArray(result.Buffer)];
        transport.Reader.AdvanceTo(result.Buffer.End);
        return bytes;
    }
}
