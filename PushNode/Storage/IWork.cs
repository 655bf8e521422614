namespace PushNode.Storage;

/// <summary>Something for a <see cref="WorkQueue"/> to do.</summary>
internal interface IWork
{
    /// <summary>Does it, on one of the queue's threads. Must not throw.</summary>
    void Run();
}
