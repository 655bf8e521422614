namespace PushNode.Storage;

/// <summary>
/// Tells those who hold connections what happens to a store on another node. A store on this node cannot change under them: there nothing is ever told.
/// Listeners are for wiring at start; they must neither block nor throw.
/// </summary>
internal interface IStoreWatch
{
    /// <summary>
    /// Calls <paramref name="listener"/> when the store has begun a new life: seqs of before mean nothing any more. It is called before
    /// <see cref="IMessageStore.Epoch"/> changes. Cursors moved until it returns are dropped; connections of before must move none afterwards.
    /// </summary>
    void OnEpochChanged(Action listener);

    /// <summary>
    /// Calls <paramref name="listener"/> when the node that stores has begun a new run with the same store, mostly because it was restarted: the run
    /// before may have stored messages which it told nobody of.
    /// </summary>
    void OnRestarted(Action listener);
}
