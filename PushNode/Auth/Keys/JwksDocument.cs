using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;

namespace PushNode.Auth.Keys;

/// <summary>Reads a JSON Web Key Set (RFC 7517). Keys that are not for verifying our algorithms are left out, as section 5 asks.</summary>
internal static class JwksDocument
{
    /// <summary>The largest document, in bytes.</summary>
    public const int MaxBytes = 256 * 1024;

    private const int MaxKeys = 100;

    /// <summary>The usable keys of the document.</summary>
    /// <param name="json">The document.</param>
    /// <param name="algorithms">What the keys may be used for at most; keys that can do none of it are left out.</param>
    /// <exception cref="FormatException">It is no key set, or has no usable key.</exception>
    public static KeySet Parse(ReadOnlyMemory<byte> json, JwsAlgorithms algorithms)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Parse(document.RootElement, algorithms);
        }
        catch (JsonException e)
        {
            // Its message quotes the input, which may be a secret. Of a member that is there twice it does not tell the place.
            string where = e.LineNumber is { } line ? $" at line {line + 1}, byte {e.BytePositionInLine + 1}" : ", or has a member twice";
            throw new FormatException($"it is malformed JSON{where}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("it has a text with half a surrogate pair", e);
        }
    }

    private static KeySet Parse(JsonElement root, JwsAlgorithms algorithms)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("keys", out JsonElement keys) || keys.ValueKind != JsonValueKind.Array)
            throw new FormatException("it is no key set: expected {\"keys\":[…]}");
        if (keys.GetArrayLength() > MaxKeys)
            throw new FormatException($"it has {keys.GetArrayLength()} keys; the limit is {MaxKeys}");
        string? lastFault = null;
        var usable = new List<VerificationKey>();
        foreach (JsonElement jwk in keys.EnumerateArray())
        {
            if (TryImport(jwk, algorithms, out VerificationKey? key, out string? fault))
                usable.Add(key);
            else
                lastFault = fault;
        }

        return usable.Count > 0
            ? KeySet.Named(usable)
            : throw new FormatException($"none of its {keys.GetArrayLength()} keys can be used{(lastFault is null ? "" : $" (the last one: {lastFault})")}");
    }

    private static bool TryImport(JsonElement jwk, JwsAlgorithms algorithms, [NotNullWhen(true)] out VerificationKey? key, out string? fault)
    {
        key = null;
        fault = null;
        if (jwk.ValueKind != JsonValueKind.Object)
        {
            fault = "no JSON object";
        }
        else if (!IsForVerifying(jwk))
        {
            fault = "not for verifying signatures";
        }
        else
        {
            try
            {
                key = Import(jwk, Text(jwk, "alg") is { } name ? algorithms & JwsAlgorithmNames.Parse(name) : algorithms);
            }
            catch (CryptographicException e)
            {
                fault = e.Message;
            }

            if (key is { Algorithms: JwsAlgorithms.Empty })
                key = null;
            fault ??= key is null ? "of another type or for other algorithms, or not complete" : null;
        }

        return key is not null;
    }

    private static VerificationKey? Import(JsonElement jwk, JwsAlgorithms allowed)
    {
        string? keyId = Text(jwk, "kid");
        return Text(jwk, "kty") switch
        {
            // RFC 7518 section 6.3.1.1 knows of issuers that put a zero before the number.
            "RSA" when Bytes(jwk, "n") is { } n && Bytes(jwk, "e") is { } e =>
                new RsaKey(keyId, new RSAParameters { Modulus = n.AsSpan().TrimStart((byte)0).ToArray(), Exponent = e }, allowed),
            "EC" when Text(jwk, "crv") == "P-256" && Bytes(jwk, "x") is { Length: 32 } x && Bytes(jwk, "y") is { Length: 32 } y =>
                new EcKey(keyId, new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } }, allowed),
            "oct" when Bytes(jwk, "k") is { } secret => new HmacKey(keyId, secret, allowed),
            _ => null,
        };
    }

    private static bool IsForVerifying(JsonElement jwk) =>
        (!jwk.TryGetProperty("use", out JsonElement use) || (use.ValueKind == JsonValueKind.String && use.ValueEquals("sig")))
        && (!jwk.TryGetProperty("key_ops", out JsonElement operations)
            || (operations.ValueKind == JsonValueKind.Array
                && operations.EnumerateArray().Any(static o => o.ValueKind == JsonValueKind.String && o.ValueEquals("verify"))));

    private static string? Text(JsonElement jwk, string name) =>
        jwk.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[]? Bytes(JsonElement jwk, string name) => Text(jwk, name) is { Length: > 0 } text ? Base64UrlText.Decode(text) : null;
}
