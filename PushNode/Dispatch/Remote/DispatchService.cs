using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>A dispatch node's side: does for collect nodes without the role what <see cref="IDispatcher"/> does here.</summary>
internal sealed class DispatchService(IDispatcher dispatcher, TimeProvider time) : IPeerService
{
    public IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes =>
    [
        new(MessageProtocol.Dispatch, DispatchAsync),
        new(UserProtocol.DispatchConnections, FindConnectionsAsync),
        new(UserProtocol.DispatchDisconnect, DisconnectAsync),
        new(UserProtocol.DispatchRevoked, AnnounceRevocationAsync),
    ];

    // The messages are promised, though the node that brought them may have died meanwhile: none of this is cancelled with the call.
    private async Task DispatchAsync(PeerCall call)
    {
        List<Message> messages = MessageBodies.ReadMessages(call.Body.Span, out _);
        await dispatcher.DispatchAsync(messages, CancellationToken.None);
        await call.AnswerTakenAsync(messages, time);
    }

    private async Task FindConnectionsAsync(PeerCall call)
    {
        IReadOnlyList<ConnectionDetails> found = await dispatcher.FindConnectionsAsync(UserProtocol.ReadUser(call.Body.Span), call.Aborted);
        await call.AnswerAsync(UserProtocol.Connections(found).Written);
    }

    private async Task DisconnectAsync(PeerCall call)
    {
        (string userId, string? device) = UserProtocol.ReadDisconnect(call.Body.Span);
        int closed = await dispatcher.DisconnectAsync(userId, device, CancellationToken.None);
        await call.AnswerAsync(UserProtocol.Disconnected(closed).Written);
    }

    private async Task AnnounceRevocationAsync(PeerCall call)
    {
        foreach ((string userId, long before) in UserProtocol.ReadRevoked(call.Body.Span))
            await dispatcher.AnnounceRevocationAsync(userId, before, CancellationToken.None);
    }
}
