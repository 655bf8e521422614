using System.Collections.Concurrent;
using System.Text;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Auth.Remote;

/// <summary>
/// Has nodes with the auth role verify tokens, one after another in turn. When one cannot be asked the next one is: a token may be verified twice, which does
/// no harm. What a node answers is final, be it that it cannot tell now.
/// </summary>
internal sealed class RemoteAuthenticator(PeerChoice choice, PeerClient client, TimeProvider time, ILogger<RemoteAuthenticator> log) : IAuthenticator
{
    private static readonly AuthResult None = AuthResult.Unavailable("no node that verifies tokens can be reached at the moment");

    private const int MaxDistrusted = 1000;

    /// <summary>How long a node that could not be asked comes last: until then it is known to have gone, or is back.</summary>
    private static readonly TimeSpan Distrust = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, long> failedAt = [];
    private int failing;

    public async ValueTask<AuthResult> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        if (Encoding.UTF8.GetByteCount(token) > AuthProtocol.MaxTokenBytes)
            return AuthResult.Invalid($"the token has {token.Length} characters; no token may have that many");
        ReadOnlyMemory<byte> question = AuthProtocol.Question(token).Written;
        string failure = "there is none: start one with the auth role";
        foreach (Peer peer in choice.InTurn(Roles.Auth).OrderBy(HasFailed))
        {
            try
            {
                // Whichever run it is: any can tell.
                AuthResult result = AuthProtocol.ReadAnswer(await client.CallAsync(peer with { Incarnation = "" }, AuthProtocol.Verify, question, cancellationToken));
                Trust(peer);
                return result;
            }
            catch (PeerUnavailableException e)
            {
                failure = e.Message;
            }
            catch (MalformedPeerBodyException e)
            {
                failure = $"{peer.Address} gave no answer: {e.Message}";
            }

            if (failedAt.Count > MaxDistrusted)
                failedAt.Clear();
            failedAt[peer.Address] = time.GetTimestamp();
        }

        return Fail(failure);
    }

    private bool HasFailed(Peer peer)
    {
        if (!failedAt.TryGetValue(peer.Address, out long at))
            return false;
        if (time.GetElapsedTime(at) < Distrust)
            return true;
        failedAt.TryRemove(peer.Address, out _);
        return false;
    }

    private void Trust(Peer peer)
    {
        failedAt.TryRemove(peer.Address, out _);
        if (Interlocked.Exchange(ref failing, 0) == 1)
            log.AuthNodesBack(peer.Address);
    }

    private AuthResult Fail(string reason)
    {
        // Said once, not for each of the thousands of clients that come meanwhile.
        if (Interlocked.Exchange(ref failing, 1) == 0)
            log.AuthNodesAway(reason);
        else
            log.AuthNodesStillAway(reason);
        return None;
    }
}
