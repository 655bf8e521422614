using PushNode.Peers;

namespace PushNode.Auth.Remote;

/// <summary>Verifies tokens for nodes without the auth role.</summary>
internal sealed class AuthService(IAuthenticator authenticator) : IPeerService
{
    public IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes => [KeyValuePair.Create<string, Func<PeerCall, Task>>(AuthProtocol.Verify, VerifyAsync)];

    private async Task VerifyAsync(PeerCall call)
    {
        AuthResult result = await authenticator.VerifyAsync(AuthProtocol.ReadQuestion(call.Body.Span), call.Aborted);
        await call.AnswerAsync(AuthProtocol.Answer(result).Written);
    }
}
