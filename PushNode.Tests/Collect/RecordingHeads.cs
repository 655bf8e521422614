using System.Collections.Concurrent;
using PushNode.Cluster;
using PushNode.Messages;

namespace PushNode.Tests.Collect;

/// <summary>Remembers the raised heads; can be made to wait or to throw.</summary>
internal sealed class RecordingHeads : IHeads
{
    public ConcurrentDictionary<Channel, long> Raised { get; } = new();

    public bool Throws { get; set; }

    public TaskCompletionSource? Gate { get; set; }

    public ValueTask<long[]> ReadAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async ValueTask RaiseAsync(IReadOnlyList<Message> stored, string epoch, CancellationToken cancellationToken)
    {
        if (Gate is { } gate)
            await gate.Task.WaitAsync(cancellationToken);
        if (Throws)
            throw new InvalidOperationException("heads failed");
        foreach (Message message in stored)
            Raised.AddOrUpdate(message.Channel, message.Seq, (_, head) => Math.Max(head, message.Seq));
    }
}
