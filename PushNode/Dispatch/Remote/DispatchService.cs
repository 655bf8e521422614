using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>A dispatch node's side: does for collect nodes without the role what <see cref="IDispatcher"/> does here.</summary>
internal sealed class DispatchService(IDispatcher dispatcher, TimeProvider time) : IPeerService
{
    private readonly UserCalls users = new(dispatcher.FindConnectionsAsync, dispatcher.DisconnectAsync, dispatcher.AnnounceRevocationAsync);

    public IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes =>
    [
        new(MessageProtocol.Dispatch, DispatchAsync),
        new(UserProtocol.DispatchConnections, users.FindConnectionsAsync),
        new(UserProtocol.DispatchDisconnect, users.DisconnectAsync),
        new(UserProtocol.DispatchRevoked, users.RevokeAsync),
    ];

    // The messages are promised, though the node that brought them may have died meanwhile: this is not cancelled with the call.
    private async Task DispatchAsync(PeerCall call)
    {
        List<Message> messages = MessageBodies.ReadMessages(call.Body.Span, out _);
        await dispatcher.DispatchAsync(messages, CancellationToken.None);
        await call.AnswerTakenAsync(messages, time);
    }
}
