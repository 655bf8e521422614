using System.Buffers;
using PushNode.Auth.Keys;
using PushNode.Diagnostics;

namespace PushNode.Auth.Jwt;

/// <summary>
/// Verifies signed tokens. In this order, so that nothing is believed before its signature: the form, the header's <c>alg</c> against the allow-list,
/// a key that can do it, the signature, the claims. Nothing is thrown for a bad token except inside the JSON reader, for a header that is no JSON.
/// </summary>
internal sealed class JwtVerifier(AuthOptions options, IKeySource keys, TimeProvider time) : IAuthenticator
{
    private readonly JwsAlgorithms allowed = options.Jwt.AllowedAlgorithms ?? keys.Algorithms;
    private readonly ClaimRules rules = new(options.Jwt);

    public ValueTask<AuthResult> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > options.MaxTokenLength)
            return new(AuthResult.Invalid($"the token has {token.Length} characters; the limit is {options.MaxTokenLength}"));
        KeySet? current = keys.Current;
        if (current is null)
            return VerifyWithNewerKeysAsync(token, cancellationToken);
        AuthResult result = Verify(token, current, out bool keyIsUnknown);
        return keyIsUnknown ? VerifyWithNewerKeysAsync(token, cancellationToken) : new(result);
    }

    private async ValueTask<AuthResult> VerifyWithNewerKeysAsync(string token, CancellationToken cancellationToken)
    {
        bool asked = await keys.RefreshAsync(cancellationToken);
        if (keys.Current is not { } current)
            return AuthResult.Unavailable("the keys that tokens are verified with cannot be fetched now");
        AuthResult result = Verify(token, current, out bool keyIsUnknown);
        // The key may be a new one that only the key server knows.
        return keyIsUnknown && !asked ? AuthResult.Unavailable("the token names an unknown key, and newer keys cannot be fetched now") : result;
    }

    private AuthResult Verify(string token, KeySet current, out bool keyIsUnknown)
    {
        keyIsUnknown = false;
        byte[] scratch = ArrayPool<byte>.Shared.Rent(CompactJws.ScratchSize(token));
        try
        {
            return CompactJws.TryParse(token, scratch, out CompactJws jws, out string error)
                ? Verify(jws, current, out keyIsUnknown)
                : AuthResult.Invalid(error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private AuthResult Verify(in CompactJws jws, KeySet current, out bool keyIsUnknown)
    {
        keyIsUnknown = false;
        if (!JoseHeader.TryParse(jws.Header, allowed, out JoseHeader header, out string error))
            return AuthResult.Invalid(error);
        int count = current.Find(header.Algorithm, header.KeyId, out VerificationKey? key);
        keyIsUnknown = count == 0;
        if (count != 1)
            return AuthResult.Invalid(DescribeKeys(count, header));
        return key!.Verify(header.Algorithm, jws.SigningInput, jws.Signature)
            ? rules.Judge(jws.Payload, time.GetUtcNow().ToUnixTimeMilliseconds())
            : AuthResult.Invalid("signature does not match");
    }

    private static string DescribeKeys(int count, JoseHeader header)
    {
        string wanted = header.KeyId is null ? "alg" : $"kid '{Quoted.Text(header.KeyId)}' and alg";
        return count == 0
            ? $"there is no key for {wanted} '{header.Algorithm}'"
            : $"{count} keys suit {wanted} '{header.Algorithm}': the token must say which ('kid')";
    }
}
