namespace PushNode.Push;

/// <summary>For whoever knows that this node may have missed messages.</summary>
internal interface IReconcile
{
    /// <summary>
    /// Has everything that this node holds compared with the store's own heads, and what is missing filled, as soon as may be. Returns at once; calls that come
    /// before the comparison has begun share it.
    /// </summary>
    void Start();
}
