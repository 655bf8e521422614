namespace PushNode.Counting;

/// <summary>What a module counts. Modules register theirs; a node asks all it has, once a second.</summary>
internal interface ICounted
{
    /// <summary>Adds what was counted since the start, and what there is now. Returns at once.</summary>
    void AddTo(NodeCounts sum);
}
