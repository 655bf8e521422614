using PushNode.Push;

namespace PushNode.Dispatch;

/// <summary>The push nodes by their addresses.</summary>
internal interface IDeliveries
{
    /// <summary>What delivers to the node at an address; null when there is no such node (any more).</summary>
    IDelivery? Find(string address);

    /// <summary>Every push node known now, this one included if it is one.</summary>
    IEnumerable<IDelivery> All { get; }
}
