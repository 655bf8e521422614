namespace PushNode.Storage;

/// <summary>What the storage module tells an operator.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(1, LogLevel.Information, "Journal open in {Folder}: {Segments} segments, {Bytes} bytes, epoch {Epoch}, in {Milliseconds} ms")]
    public static partial void JournalOpened(this ILogger logger, string folder, int segments, long bytes, string epoch, long milliseconds);

    [LoggerMessage(2, LogLevel.Warning, "{File} ends in the middle of a record: cut back to byte {Offset}, {Bytes} bytes removed")]
    public static partial void TailCut(this ILogger logger, string file, long offset, long bytes);

    [LoggerMessage(3, LogLevel.Error, "{File} is damaged from byte {From} to byte {To}: the messages that were there are lost, the later ones are kept")]
    public static partial void SegmentDamaged(this ILogger logger, string file, long from, long to);

    [LoggerMessage(4, LogLevel.Error, "{File} is missing: the messages that were in it are lost")]
    public static partial void SegmentMissing(this ILogger logger, string file);

    [LoggerMessage(5, LogLevel.Error, "{File} was {Expected} bytes long when the journal was closed and is {Actual} now: the messages behind are lost")]
    public static partial void SegmentShortened(this ILogger logger, string file, long expected, long actual);

    [LoggerMessage(6, LogLevel.Warning, "{File} holds no message and was removed: it was being made when the node was stopped")]
    public static partial void UnfinishedSegmentRemoved(this ILogger logger, string file);

    [LoggerMessage(7, LogLevel.Warning, "Numbering goes on {Messages} higher in every channel, so that no number of a lost message is used again")]
    public static partial void SkippedAhead(this ILogger logger, long messages);

    [LoggerMessage(8, LogLevel.Error, "{File} is missing or damaged: the journal has the new epoch {Epoch}, and devices receive again what is kept")]
    public static partial void StateLost(this ILogger logger, string file, string epoch);

    [LoggerMessage(9, LogLevel.Error, "The journal cannot be written; messages are refused until it can")]
    public static partial void AppendFailed(this ILogger logger, Exception exception);

    [LoggerMessage(10, LogLevel.Information, "The journal can be written again")]
    public static partial void AppendingAgain(this ILogger logger);

    [LoggerMessage(11, LogLevel.Error, "{File} could not be forced to the disk; what was written since the last time is lost if the power fails")]
    public static partial void SyncFailed(this ILogger logger, string file, Exception exception);

    [LoggerMessage(12, LogLevel.Error, "{File} cannot be written; cursors stay in memory and old segments stay until it can")]
    public static partial void StateFailed(this ILogger logger, string file, Exception exception);

    [LoggerMessage(13, LogLevel.Information, "{File} can be written again")]
    public static partial void StateWritesAgain(this ILogger logger, string file);

    [LoggerMessage(14, LogLevel.Information, "Dropped {File} ({Bytes} bytes): {Reason}")]
    public static partial void SegmentDropped(this ILogger logger, string file, long bytes, string reason);

    [LoggerMessage(15, LogLevel.Error, "{File} holds damage where the message {Seq} of {Channel} should be, at byte {Offset}: it is lost")]
    public static partial void MessageDamaged(this ILogger logger, string file, long seq, string channel, long offset);

    [LoggerMessage(16, LogLevel.Warning, "{File} is not needed any more and could not be deleted; it is tried again at the next start")]
    public static partial void SegmentNotDeleted(this ILogger logger, string file, Exception exception);

    [LoggerMessage(17, LogLevel.Error, "Housekeeping of the journal failed; it is tried again")]
    public static partial void HousekeepingFailed(this ILogger logger, Exception exception);

    [LoggerMessage(18, LogLevel.Information, "Journal closed")]
    public static partial void JournalClosed(this ILogger logger);

    [LoggerMessage(19, LogLevel.Debug, "{File} could not be made: there is no room to keep in reserve")]
    public static partial void NoReserve(this ILogger logger, string file, Exception exception);

    [LoggerMessage(20, LogLevel.Information, "{Address} stores the cluster's messages, epoch {Epoch}")]
    public static partial void StoreFound(this ILogger logger, string address, string epoch);

    [LoggerMessage(21, LogLevel.Warning, "New clients wait for their backlog: {Reason}")]
    public static partial void StoreAway(this ILogger logger, string reason);

    [LoggerMessage(29, LogLevel.Warning, "The message store is away: {Reason}")]
    public static partial void StoreMissed(this ILogger logger, string reason);

    [LoggerMessage(22, LogLevel.Information, "The message store answers again, at {Address}")]
    public static partial void StoreBack(this ILogger logger, string address);

    [LoggerMessage(23, LogLevel.Information, "The node that stores messages, {Address}, has begun a new run")]
    public static partial void StoreRestarted(this ILogger logger, string address);

    [LoggerMessage(24, LogLevel.Error, "The message store has begun a new life: its epoch was {Before} and is {Now}. What devices have acknowledged before says nothing about it")]
    public static partial void StoreEpochChanged(this ILogger logger, string before, string now);

    [LoggerMessage(25, LogLevel.Error, "Asking how the message store is failed; it is tried again")]
    public static partial void StorePollFailed(this ILogger logger, Exception exception);

    [LoggerMessage(26, LogLevel.Warning, "More than {Capacity} cursors wait for the message store: {Dropped} were dropped so far, and their devices receive some messages again")]
    public static partial void CursorsDropped(this ILogger logger, int capacity, long dropped);

    [LoggerMessage(27, LogLevel.Error, "Writing moved cursors failed; it is tried again")]
    public static partial void CursorWriteFailed(this ILogger logger, Exception exception);

    [LoggerMessage(28, LogLevel.Warning, "{Cursors} moved cursors could not be written before the end, and their devices receive some messages again: {Reason}")]
    public static partial void CursorsLeft(this ILogger logger, int cursors, string reason);

    [LoggerMessage(38, LogLevel.Information, "MongoDB at {Hosts} keeps the messages (libmongoc {Version}), epoch {Epoch}")]
    public static partial void MongoFound(this ILogger logger, string hosts, string version, string epoch);

    [LoggerMessage(30, LogLevel.Warning, "{Reason}. Until it can be reached messages are refused and new clients wait; it is tried again all the time")]
    public static partial void MongoAwaited(this ILogger logger, string reason);

    [LoggerMessage(31, LogLevel.Warning, "{Reason}. It is tried again all the time")]
    public static partial void MongoAway(this ILogger logger, string reason);

    [LoggerMessage(32, LogLevel.Information, "MongoDB at {Hosts} answers again")]
    public static partial void MongoBack(this ILogger logger, string hosts);

    [LoggerMessage(33, LogLevel.Warning, "MongoDB's driver ({Domain}): {Message}")]
    public static partial void DriverSays(this ILogger logger, string domain, string message);

    [LoggerMessage(34, LogLevel.Error, "The message {Seq} of {Channel} in MongoDB is no message that PushNode has written: it is passed over")]
    public static partial void ForeignDocument(this ILogger logger, long seq, string channel);

    [LoggerMessage(35, LogLevel.Error, "{Messages} messages were not stored: {Reason}")]
    public static partial void MongoAppendFailed(this ILogger logger, int messages, string reason);

    [LoggerMessage(39, LogLevel.Information, "MongoDB at {Hosts} stores messages again")]
    public static partial void MongoStoresAgain(this ILogger logger, string hosts);

    [LoggerMessage(36, LogLevel.Error, "MongoDB refuses the message {Id} of {Channel}: {Reason}")]
    public static partial void MessageRefused(this ILogger logger, string id, string channel, string reason);

    [LoggerMessage(37, LogLevel.Warning, "{Count} messages are refused: they have waited for more than {Limit}, because this process was stopped")]
    public static partial void MessagesLate(this ILogger logger, int count, TimeSpan limit);

    [LoggerMessage(40, LogLevel.Warning, "{File} could not be shortened to what is in it: the rest of it are zeros, which harm nothing")]
    public static partial void NotCut(this ILogger logger, string file, Exception exception);
}
