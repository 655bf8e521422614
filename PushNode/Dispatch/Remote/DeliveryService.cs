using PushNode.Messages;
using PushNode.Peers;
using PushNode.Push;

namespace PushNode.Dispatch.Remote;

/// <summary>A push node's side: takes what dispatch nodes bring for the connections here, and answers what they ask about them.</summary>
internal sealed class DeliveryService(IDelivery delivery, IReconcile reconcile, TimeProvider time) : IPeerService
{
    private readonly UserCalls users = new(delivery.FindConnectionsAsync, delivery.DisconnectAsync, delivery.RevokeAsync);

    public IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes =>
    [
        new(MessageProtocol.Deliver, DeliverAsync),
        new(UserProtocol.DeliverConnections, users.FindConnectionsAsync),
        new(UserProtocol.DeliverDisconnect, users.DisconnectAsync),
        new(UserProtocol.DeliverRevoked, users.RevokeAsync),
    ];

    // What was taken is done though its sender may have died meanwhile: this is not cancelled with the call.
    private async Task DeliverAsync(PeerCall call)
    {
        List<Message> messages = MessageBodies.ReadMessages(call.Body.Span, out bool reconcileToo);
        await delivery.DeliverAsync(messages, CancellationToken.None);
        if (reconcileToo)
            reconcile.Start();
        await call.AnswerTakenAsync(messages, time);
    }
}
