namespace PushNode.Auth;

/// <summary>What tokens are verified with.</summary>
internal enum AuthSource
{
    /// <summary>Nothing is configured: a key that the node has made and keeps in its data folder. For trying out.</summary>
    GeneratedKey,

    /// <summary>A secret shared with whoever signs (<c>Auth:Jwt:Secret</c> or <c>Auth:Jwt:SecretFile</c>).</summary>
    Secret,

    /// <summary>One public key or certificate in PEM (<c>Auth:Jwt:KeyFile</c>).</summary>
    KeyFile,

    /// <summary>A JSON Web Key Set in a file or at a URL (<c>Auth:Jwt:Jwks</c>).</summary>
    Jwks,

    /// <summary>The business system, asked for every token (<c>Auth:Webhook:Url</c>).</summary>
    Webhook,
}
