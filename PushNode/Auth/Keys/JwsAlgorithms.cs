namespace PushNode.Auth.Keys;

/// <summary>The signatures of RFC 7518 that PushNode verifies: one of them, or a set. There is deliberately no member for <c>none</c>.</summary>
[Flags]
internal enum JwsAlgorithms
{
    /// <summary>The empty set, not the algorithm of that name.</summary>
    Empty = 0,

    /// <summary>HMAC with SHA-256.</summary>
    HS256 = 1,

    /// <summary>HMAC with SHA-384.</summary>
    HS384 = 2,

    /// <summary>HMAC with SHA-512.</summary>
    HS512 = 4,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    RS256 = 8,

    /// <summary>RSASSA-PSS with SHA-256 and a salt of 32 bytes.</summary>
    PS256 = 16,

    /// <summary>ECDSA on P-256 with SHA-256.</summary>
    ES256 = 32,

    /// <summary>Those with a shared secret.</summary>
    Symmetric = HS256 | HS384 | HS512,

    /// <summary>Those with an RSA key.</summary>
    Rsa = RS256 | PS256,

    /// <summary>Those with a public key.</summary>
    Asymmetric = Rsa | ES256,
}
