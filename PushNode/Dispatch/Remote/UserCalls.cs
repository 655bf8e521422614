using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>Answers what other nodes ask about users: a push node for its own connections, a dispatch node for those of every node.</summary>
/// <param name="find">The user's connections.</param>
/// <param name="disconnect">Closes those of a user, or of one device; how many there were.</param>
/// <param name="revoke">The user's tokens issued before then (Unix milliseconds) are void; who has not been told.</param>
internal sealed class UserCalls(
    Func<string, CancellationToken, ValueTask<NodeAnswers<IReadOnlyList<ConnectionDetails>>>> find,
    Func<string, string?, CancellationToken, ValueTask<NodeAnswers<int>>> disconnect,
    Func<string, long, CancellationToken, ValueTask<IReadOnlyList<string>>> revoke)
{
    public async Task FindConnectionsAsync(PeerCall call)
    {
        await call.AnswerAsync(UserProtocol.Connections(await find(UserProtocol.ReadUser(call.Body.Span), call.Aborted)).Written);
    }

    // What was taken is done though its sender may have died meanwhile: neither of these is cancelled with the call.
    public async Task DisconnectAsync(PeerCall call)
    {
        (string userId, string? device) = UserProtocol.ReadDisconnect(call.Body.Span);
        await call.AnswerAsync(UserProtocol.Disconnected(await disconnect(userId, device, CancellationToken.None)).Written);
    }

    public async Task RevokeAsync(PeerCall call)
    {
        // All at once: each may have to wait for a node that does not answer.
        IReadOnlyList<string>[] untold = await Task.WhenAll(UserProtocol.ReadRevoked(call.Body.Span).Select(r => revoke(r.Key, r.Value, CancellationToken.None).AsTask()));
        await call.AnswerAsync(UserProtocol.Untold([.. untold.SelectMany(static addresses => addresses).Distinct()]).Written);
    }
}
