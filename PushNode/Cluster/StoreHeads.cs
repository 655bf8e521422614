using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Cluster;

/// <summary>The heads where the store itself knows them at no cost: no hint is kept beside it.</summary>
internal sealed class StoreHeads(IMessageStore store) : IHeads
{
    public ValueTask<long[]> ReadAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken) =>
        store.ReadHeadsAsync(channels, cancellationToken);

    public ValueTask RaiseAsync(IReadOnlyList<Message> stored, string epoch, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
