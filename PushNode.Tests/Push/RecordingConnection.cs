using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using PushNode.Auth;
using PushNode.Messages;
using PushNode.Push;

namespace PushNode.Tests.Push;

/// <summary>A connection that notes what is written to it, and is full when the test says so.</summary>
internal sealed class RecordingConnection(string user = "alice") : Connection(
    new ConnectionServices(null!, null!, new PushOptions(), TimeProvider.System, NullLogger<Connection>.Instance),
    new Identity(user, 0, long.MaxValue, TopicPatterns.None),
    new ConnectRequest(),
    new Outbox(new Pipe().Writer, 64 * 1024, TimeProvider.System))
{
    public List<long> Written { get; } = [];

    public bool IsFull { get; set; }

    protected override string Transport => "test";

    public override EnqueueResult TryWrite(Message message, Subscription subscription)
    {
        if (IsFull)
            return EnqueueResult.Full;
        Written.Add(message.Seq);
        return EnqueueResult.Queued;
    }

    public override void Abort()
    {
    }

    protected override ReadOnlyMemory<byte> Encode(in ServerFrame frame) => frame.WebSocket;

    protected override void BeatTransport()
    {
    }

    protected override void EnqueueClose(CloseCode code, string reason)
    {
    }
}
