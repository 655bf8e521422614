using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PushNode.Auth.Webhook;

/// <summary>The SHA-256 of a token: remembers a token without keeping it.</summary>
internal readonly record struct TokenDigest(UInt128 High, UInt128 Low)
{
    public static TokenDigest Of(string token)
    {
        Span<UInt128> halves = stackalloc UInt128[2];
        SHA256.HashData(MemoryMarshal.AsBytes(token.AsSpan()), MemoryMarshal.AsBytes(halves));
        return new TokenDigest(halves[0], halves[1]);
    }
}
