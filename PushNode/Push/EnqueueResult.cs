namespace PushNode.Push;

/// <summary>What became of a frame that was put into an outbox.</summary>
internal enum EnqueueResult
{
    /// <summary>It waits behind others; whoever put the first one flushes them all.</summary>
    Queued,

    /// <summary>It is the first one waiting: the caller must flush when it has put in what it has.</summary>
    QueuedFirst,

    /// <summary>The outbox is full and took nothing.</summary>
    Full,

    /// <summary>The connection is closed; nothing will be written any more.</summary>
    Closed,
}
