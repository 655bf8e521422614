using System.Collections.Concurrent;
using PushNode.Push;
using PushNode.Transport;

namespace PushNode.Tests.Push;

internal sealed class FlushQueueTests
{
    private const int Connections = 20_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FlushQueue queue = new();

    [Test]
    public async Task WhatIsDueOtherwise_HasItsTurn_BeforeTheLineIsDone()
    {
        using var turn = new ManualResetEventSlim();
        using var done = new CountdownEvent(Connections);
        bool late = false;
        var output = new Output(() =>
        {
            if (done.CurrentCount == Connections)
                ThreadPool.QueueUserWorkItem(_ => turn.Set());
            if (done.CurrentCount < Connections / 2 && !Volatile.Read(ref late) && !turn.Wait(TimeSpan.FromSeconds(3)))
                Volatile.Write(ref late, true);
            done.Signal();
        });

        queue.Add(Fill([.. Enumerable.Range(0, Connections).Select(_ => new RecordingConnection(output: output))]));
        await Task.Run(() => done.Wait(Patience));

        Assert.That(done.CurrentCount, Is.Zero);
        Assert.That(late, Is.False);
    }

    [Test]
    public async Task FramesThatComeMeanwhile_LeaveWithThoseInLine_InOrder()
    {
        using var second = new ManualResetEventSlim();
        using var done = new CountdownEvent(Connections * 2);
        Output[] outputs = [.. Enumerable.Range(0, Connections).Select(_ => new Output(() => second.Wait(Patience), done))];
        List<Connection> connections = Fill([.. outputs.Select(o => new RecordingConnection(output: o))]);

        queue.Add(connections);
        Fill(connections, 2);
        second.Set();
        await Task.Run(() => done.Wait(Patience));

        Assert.That(outputs.Select(o => o.Written.ToArray()), Is.All.EqualTo(new byte[] { 1, 2 }));
        Assert.That(outputs.Count(o => o.Writes > 1), Is.LessThanOrEqualTo(Environment.ProcessorCount), "only those that were being written to");
    }

    private static List<Connection> Fill(List<Connection> connections, byte frame = 1)
    {
        foreach (Connection connection in connections)
            connection.Outbox.TryEnqueue(new[] { frame });
        return connections;
    }

    private sealed class Output(Action onWrite, CountdownEvent? bytesLeft = null) : IOutput
    {
        public ConcurrentQueue<byte> Written { get; } = [];

        public int Writes { get; private set; }

        public ValueTask<bool> WriteAsync(ReadOnlySpan<byte> bytes)
        {
            onWrite();
            Writes++;
            foreach (byte b in bytes)
                Written.Enqueue(b);
            bytesLeft?.Signal(bytes.Length);
            return new(true);
        }
    }
}
