namespace PushNode.Collect;

/// <summary>Whether the batcher took a submission.</summary>
internal enum SubmitResult
{
    /// <summary>It will be completed.</summary>
    Queued,

    /// <summary>Too much waits for the store already: 503; nothing of it was taken.</summary>
    Full,

    /// <summary>Another node may be the one that stores: 503; nothing of it was taken.</summary>
    NotStoring,

    /// <summary>The node is shutting down: 503; nothing of it was taken.</summary>
    Stopping,
}
