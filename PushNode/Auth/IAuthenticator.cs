namespace PushNode.Auth;

/// <summary>Tells who a token is for. Push asks it, on this node or over the network.</summary>
internal interface IAuthenticator
{
    /// <summary>Verifies a token. Revocation is not checked here: whoever asks looks at that, a push node while the client is connected too.</summary>
    ValueTask<AuthResult> VerifyAsync(string token, CancellationToken cancellationToken);
}
