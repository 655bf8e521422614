using PushNode.Diagnostics;

namespace PushNode.Storage.Remote;

/// <summary>
/// A node that cannot ask the store is not ready for new clients: they would wait for their backlog. One whose store merely takes no messages is.
/// </summary>
internal sealed class RemoteStoreReadiness(StoreLink link) : IReadinessCheck
{
    public string Name => "store";

    public string? Reason => link.Away;
}
