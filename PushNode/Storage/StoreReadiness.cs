using PushNode.Diagnostics;

namespace PushNode.Storage;

/// <summary>A node whose store takes no messages is not ready for work.</summary>
internal sealed class StoreReadiness(IMessageStore store) : IReadinessCheck
{
    public string Name => "store";

    public string? Reason => store.Trouble;
}
