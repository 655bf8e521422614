using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Tests.Cluster;

/// <summary>A store of which only the epoch and the heads are asked: every channel has the same.</summary>
/// <param name="epoch">The epoch; null while the store has never answered.</param>
/// <param name="head">The head of every channel.</param>
internal sealed class HeadStore(string? epoch, long head = 0) : IMessageStore
{
    public string Epoch => epoch ?? throw new StoreUnavailableException("it has never answered");

    public string? Trouble => null;

    public ValueTask<long[]> ReadHeadsAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken) => new([.. channels.Select(_ => head)]);

    public ValueTask AppendAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<MessagePage> ReadAsync(Channel channel, long after, int maxBytes, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Message?> FindAsync(Channel channel, long seq, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<long?[]> ReadCursorsAsync(string userId, string device, IReadOnlyList<Channel> channels, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public void MoveCursor(string userId, string device, Channel channel, long seq, string epoch) => throw new NotSupportedException();

    public Task SaveCursorsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<DeviceCursor>> ListCursorsAsync(Channel channel, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask RevokeAsync(string userId, long before, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<KeyValuePair<string, long>>> ListRevocationsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
