using System.Collections.Concurrent;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using PushNode.Auth;
using PushNode.Messages;
using PushNode.Push;
using PushNode.Transport;

namespace PushNode.Tests.Push;

/// <summary>A connection that notes what is written to it, and is full when the test says so.</summary>
internal sealed class RecordingConnection(string user = "alice", ConnectionServices? services = null, TimeProvider? time = null, IOutput? output = null) : Connection(
    services ?? new ConnectionServices(null!, null!, new PushMetrics(TimeProvider.System), new PushOptions(), time ?? TimeProvider.System, NullLogger<Connection>.Instance),
    new Identity(user, 0, long.MaxValue, TopicPatterns.None),
    new ConnectRequest(),
    new Outbox(output ?? new PipeOutput(new Pipe().Writer), 64 * 1024, TimeProvider.System))
{
    private readonly ConcurrentQueue<string> frames = [];
    private volatile bool unproved;
    private int closedWith;

    public List<long> Written { get; } = [];

    /// <summary>The types of the control frames.</summary>
    public string[] Frames => [.. frames];

    public bool IsFull { get; set; }

    /// <summary>The code it was closed with; null while it has not been.</summary>
    public CloseCode? ClosedWith => Volatile.Read(ref closedWith) is var code and not 0 ? (CloseCode)code : null;

    public override bool IsUnproved => unproved;

    protected override string Transport => "test";

    /// <summary>Says that it has, or has not, something left to prove.</summary>
    public void SetUnproved(bool value) => unproved = value;

    /// <summary>The client has left by itself.</summary>
    public void Leave() => End();

    public override EnqueueResult TryWrite(Message message, Subscription subscription)
    {
        if (IsClosed)
            return EnqueueResult.Closed;
        if (IsFull)
            return EnqueueResult.Full;
        lock (Written)
            Written.Add(message.Seq);
        return EnqueueResult.Queued;
    }

    public override void Abort()
    {
    }

    protected override ReadOnlyMemory<byte> Encode(in ServerFrame frame)
    {
        frames.Enqueue(frame.Type);
        return frame.WebSocket;
    }

    protected override void BeatTransport()
    {
    }

    protected override void EnqueueClose(CloseCode code, string reason) => Volatile.Write(ref closedWith, (int)code);
}
