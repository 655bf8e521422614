using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>Answers what other nodes ask about users: a push node for its own connections, a dispatch node for those of every node.</summary>
/// <param name="find">The user's connections.</param>
/// <param name="disconnect">Closes those of a user, or of one device; how many there were.</param>
/// <param name="revoke">The user's tokens issued before then (Unix milliseconds) are void.</param>
internal sealed class UserCalls(
    Func<string, CancellationToken, ValueTask<IReadOnlyList<ConnectionDetails>>> find,
    Func<string, string?, CancellationToken, ValueTask<int>> disconnect,
    Func<string, long, CancellationToken, ValueTask> revoke)
{
    public async Task FindConnectionsAsync(PeerCall call)
    {
        IReadOnlyList<ConnectionDetails> found = await find(UserProtocol.ReadUser(call.Body.Span), call.Aborted);
        await call.AnswerAsync(UserProtocol.Connections(found).Written);
    }

    // What was taken is done though its sender may have died meanwhile: neither of these is cancelled with the call.
    public async Task DisconnectAsync(PeerCall call)
    {
        (string userId, string? device) = UserProtocol.ReadDisconnect(call.Body.Span);
        int closed = await disconnect(userId, device, CancellationToken.None);
        await call.AnswerAsync(UserProtocol.Disconnected(closed).Written);
    }

    public async Task RevokeAsync(PeerCall call)
    {
        foreach ((string userId, long before) in UserProtocol.ReadRevoked(call.Body.Span))
            await revoke(userId, before, CancellationToken.None);
    }
}
