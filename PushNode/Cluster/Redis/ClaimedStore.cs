using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Cluster.Redis;

/// <summary>This node's journal, as long as it is the cluster's store. It takes nothing and answers nothing while another node's may be.</summary>
internal sealed class ClaimedStore(IMessageStore journal, StoreClaim claim) : IMessageStore
{
    public string Epoch => Claimed.Epoch;

    public string? Trouble => claim.Lack ?? journal.Trouble;

    public bool IsStoring => claim.IsHeld;

    private IMessageStore Claimed => claim.Lack is { } lack ? throw new StoreUnavailableException(lack) : journal;

    // The claim may lapse while the journal writes: what is not answered yet then is not promised.
    public async ValueTask AppendAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        if (claim.IsHeld)
            await journal.AppendAsync(batch, cancellationToken);
        if (claim.IsHeld)
            return;
        foreach (Message message in batch)
            message.Fail();
    }

    public ValueTask<MessagePage> ReadAsync(Channel channel, long after, int maxBytes, CancellationToken cancellationToken) =>
        Claimed.ReadAsync(channel, after, maxBytes, cancellationToken);

    public ValueTask<Message?> FindAsync(Channel channel, long seq, CancellationToken cancellationToken) => Claimed.FindAsync(channel, seq, cancellationToken);

    public ValueTask<long[]> ReadHeadsAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken) => Claimed.ReadHeadsAsync(channels, cancellationToken);

    public ValueTask<long?[]> ReadCursorsAsync(string userId, string device, IReadOnlyList<Channel> channels, CancellationToken cancellationToken) =>
        Claimed.ReadCursorsAsync(userId, device, channels, cancellationToken);

    // Where a device was is true of this journal's epoch, whether that is the cluster's or not.
    public void MoveCursor(string userId, string device, Channel channel, long seq, string epoch) => journal.MoveCursor(userId, device, channel, seq, epoch);

    public Task SaveCursorsAsync(CancellationToken cancellationToken) => journal.SaveCursorsAsync(cancellationToken);

    public ValueTask<IReadOnlyList<DeviceCursor>> ListCursorsAsync(Channel channel, int limit, CancellationToken cancellationToken) =>
        Claimed.ListCursorsAsync(channel, limit, cancellationToken);

    public async ValueTask RevokeAsync(string userId, long before, CancellationToken cancellationToken)
    {
        await Claimed.RevokeAsync(userId, before, cancellationToken);
        _ = Claimed;
    }

    public ValueTask<IReadOnlyList<KeyValuePair<string, long>>> ListRevocationsAsync(CancellationToken cancellationToken) => Claimed.ListRevocationsAsync(cancellationToken);
}
