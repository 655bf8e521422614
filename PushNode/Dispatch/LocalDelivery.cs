using PushNode.Peers;
using PushNode.Push;

namespace PushNode.Dispatch;

/// <summary>The push nodes of a node that is alone: itself.</summary>
internal sealed class LocalDelivery(IDelivery here) : IDeliveries
{
    private readonly IDelivery[] all = [here];

    public IEnumerable<IDelivery> All => all;

    public IDelivery? Find(string address) => address == Node.LocalAddress ? here : null;
}
