using PushNode.Messages;
using PushNode.Peers;
using PushNode.Push;

namespace PushNode.Dispatch.Remote;

/// <summary>A push node's side: takes what dispatch nodes bring for the connections here, and answers what they ask about them.</summary>
internal sealed class DeliveryService(IDelivery delivery, IReconcile reconcile, TimeProvider time) : IPeerService
{
    public IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes =>
    [
        new(MessageProtocol.Deliver, DeliverAsync),
        new(UserProtocol.DeliverConnections, FindConnectionsAsync),
        new(UserProtocol.DeliverDisconnect, DisconnectAsync),
        new(UserProtocol.DeliverRevoked, RevokeAsync),
    ];

    // What was taken is done though its sender may have died meanwhile: none of this is cancelled with the call.
    private async Task DeliverAsync(PeerCall call)
    {
        List<Message> messages = MessageBodies.ReadMessages(call.Body.Span, out bool reconcileToo);
        await delivery.DeliverAsync(messages, CancellationToken.None);
        if (reconcileToo)
            reconcile.Start();
        await call.AnswerTakenAsync(messages, time);
    }

    private async Task FindConnectionsAsync(PeerCall call)
    {
        IReadOnlyList<ConnectionDetails> found = await delivery.FindConnectionsAsync(UserProtocol.ReadUser(call.Body.Span), call.Aborted);
        await call.AnswerAsync(UserProtocol.Connections(found).Written);
    }

    private async Task DisconnectAsync(PeerCall call)
    {
        (string userId, string? device) = UserProtocol.ReadDisconnect(call.Body.Span);
        int closed = await delivery.DisconnectAsync(userId, device, CancellationToken.None);
        await call.AnswerAsync(UserProtocol.Disconnected(closed).Written);
    }

    private async Task RevokeAsync(PeerCall call)
    {
        foreach ((string userId, long before) in UserProtocol.ReadRevoked(call.Body.Span))
            await delivery.RevokeAsync(userId, before, CancellationToken.None);
    }
}
