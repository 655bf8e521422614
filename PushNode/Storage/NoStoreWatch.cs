namespace PushNode.Storage;

/// <summary>The store is on this node: it begins and ends with it.</summary>
internal sealed class NoStoreWatch : IStoreWatch
{
    public void OnEpochChanged(Action listener)
    {
        // It never does while the node runs.
    }

    public void OnRestarted(Action listener)
    {
        // It never is while the node runs.
    }
}
