namespace PushNode.Auth;

/// <summary>Why a token was not accepted.</summary>
internal enum AuthFailure
{
    /// <summary>It was accepted.</summary>
    None,

    /// <summary>It is malformed, expired, wrongly signed, for somebody else …: 401; the reason says which.</summary>
    Invalid,

    /// <summary>It could not be checked now (webhook or key server away): 503; the client may try again.</summary>
    Unavailable,
}

/// <summary>A verified identity, or why there is none.</summary>
/// <param name="Identity">Not null exactly when <paramref name="Failure"/> is <see cref="AuthFailure.None"/>.</param>
/// <param name="Failure">The kind of refusal.</param>
/// <param name="Reason">The refusal in words for the one who sent the token; never contains the token.</param>
internal readonly record struct AuthResult(Identity? Identity, AuthFailure Failure, string? Reason)
{
    public static AuthResult Accept(Identity identity) => new(identity, AuthFailure.None, null);

    public static AuthResult Invalid(string reason) => new(null, AuthFailure.Invalid, reason);

    public static AuthResult Unavailable(string reason) => new(null, AuthFailure.Unavailable, reason);
}
