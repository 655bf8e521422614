namespace PushNode.Auth;

/// <summary>Tells who a token is for. Push asks it, on this node or over the network.</summary>
internal interface IAuthenticator
{
    /// <summary>Verifies a token. Revocation is not checked here: it is checked when a client joins and while it is connected.</summary>
    ValueTask<AuthResult> VerifyAsync(string token, CancellationToken cancellationToken);
}
