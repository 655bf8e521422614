using PushNode.Messages;

namespace PushNode.Storage;

/// <summary>
/// What is kept: messages numbered per channel, the devices' cursors, revocations. Numbers are given here and leave no holes, so a
/// missing seq is an expired one; none is ever used twice, though messages expire. A message read has at least its channel, seq and frame; all of it, when
/// the store is on this node.
/// </summary>
/// <exception cref="StoreUnavailableException">Every member but <see cref="AppendAsync"/> and <see cref="MoveCursor"/> throws it while the store
/// cannot answer.</exception>
internal interface IMessageStore
{
    /// <summary>Random id of this store's life; seqs of different epochs do not compare.</summary>
    string Epoch { get; }

    /// <summary>Why durable messages are refused at the moment, in words for an operator; null while the store is well.</summary>
    string? Trouble { get; }

    /// <summary>Why nothing of it can be read at the moment, as last known; null while it can, though it may take no messages.</summary>
    string? Away => null;

    /// <summary>Whether it is the store at all. While another node's may be it takes and answers nothing, and <see cref="Trouble"/> says why.</summary>
    bool IsStoring => true;

    /// <summary>
    /// Completes when a moment, of less than a millisecond, has passed since the last batch was begun: what comes meanwhile is stored with what is there, in one go. At
    /// once where nothing is gained by it.
    /// </summary>
    ValueTask RestAsync() => ValueTask.CompletedTask;

    /// <summary>
    /// Numbers the messages in the order given and stores them. When it returns each has an <see cref="StoreOutcome"/>: stored (durable, with its seq
    /// and frame), repeated (the producer's id was stored in that channel before) or failed. It does not throw for a store that fails.
    /// Called for one batch at a time.
    /// </summary>
    ValueTask AppendAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken);

    /// <summary>
    /// The oldest messages above <paramref name="after"/> that have not expired, in seq order, up to about <paramref name="maxBytes"/> of frames (at least
    /// one message if there is any). Messages stored before the call are seen by it.
    /// </summary>
    ValueTask<MessagePage> ReadAsync(Channel channel, long after, int maxBytes, CancellationToken cancellationToken);

    /// <summary>The message with this seq; null when it never was or has expired.</summary>
    ValueTask<Message?> FindAsync(Channel channel, long seq, CancellationToken cancellationToken);

    /// <summary>
    /// The newest seq of each channel, in the order asked; 0 for a channel that never had a message. It does not go back when messages expire: one that does
    /// is taken for the sign of a new life of the store.
    /// </summary>
    ValueTask<long[]> ReadHeadsAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken);

    /// <summary>
    /// The device's cursor in each channel, in the order asked; null where none is stored, and <see cref="DeviceCursor.OfEarlierEpoch"/> where it was stored
    /// in an epoch before this one and has not moved since.
    /// </summary>
    ValueTask<long?[]> ReadCursorsAsync(string userId, string device, IReadOnlyList<Channel> channels, CancellationToken cancellationToken);

    /// <summary>
    /// Moves a device's cursor, forward only. It is kept in memory at once (and seen by reads), written at most a second later and on shutdown: a crash
    /// in between repeats messages, it loses none.
    /// </summary>
    /// <param name="userId">Whose device.</param>
    /// <param name="device">Whose cursor.</param>
    /// <param name="channel">In which channel.</param>
    /// <param name="seq">Where to.</param>
    /// <param name="epoch">The epoch that the seq is of: a move of another one than <see cref="Epoch"/> is ignored, it would pass over what was never sent.</param>
    void MoveCursor(string userId, string device, Channel channel, long seq, string epoch);

    /// <summary>Makes the cursors moved so far durable now. Many that ask at the same time share one write.</summary>
    Task SaveCursorsAsync(CancellationToken cancellationToken);

    /// <summary>The devices with a cursor in the channel, up to <paramref name="limit"/> of them.</summary>
    ValueTask<IReadOnlyList<DeviceCursor>> ListCursorsAsync(Channel channel, int limit, CancellationToken cancellationToken);

    /// <summary>Makes the user's tokens issued before <paramref name="before"/> (Unix milliseconds) void, durably. Never moves backward.</summary>
    ValueTask RevokeAsync(string userId, long before, CancellationToken cancellationToken);

    /// <summary>Every revocation kept: user id and, in Unix milliseconds, the time before which issued tokens are void.</summary>
    ValueTask<IReadOnlyList<KeyValuePair<string, long>>> ListRevocationsAsync(CancellationToken cancellationToken);
}
