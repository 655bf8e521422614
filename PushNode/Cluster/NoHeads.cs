using PushNode.Messages;

namespace PushNode.Cluster;

/// <summary>For a node alone whose store is elsewhere: it dispatches everything itself, so there is no need to ask again and again whether something is missing.</summary>
internal sealed class NoHeads : IHeads
{
    public ValueTask<long[]> ReadAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken) => new(new long[channels.Count]);

    public ValueTask RaiseAsync(IReadOnlyList<Message> stored, string epoch, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
