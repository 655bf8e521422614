using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using PushNode.Auth;
using PushNode.Auth.Jwt;
using PushNode.Auth.Keys;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>Tokens of any shape, right or wrong, and verifiers for them.</summary>
internal static class TestTokens
{
    public const string Secret = "an adequately long secret for tests, 64 bytes in all, not one less!!";

    /// <summary>Where <see cref="ManualTime"/> starts, in Unix seconds.</summary>
    public const long Now = 1_795_248_000;

    public const string GoodClaims = """{"sub":"alice","exp":1795251600}""";

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static string Assemble(string header, string payload, Func<byte[], byte[]> sign)
    {
        string input = $"{Encode(header)}.{Encode(payload)}";
        return $"{input}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(input)))}";
    }

    public static string Hs256(string payload, string header = """{"alg":"HS256"}""", string secret = Secret) =>
        Assemble(header, payload, data => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), data));

    public static JwtVerifier Verifier(VerificationKey? key = null, TimeProvider? time = null, Action<AuthOptions>? configure = null)
    {
        var options = new AuthOptions();
        configure?.Invoke(options);
        return new JwtVerifier(options, new FixedKeys(key ?? new HmacKey(null, Encoding.UTF8.GetBytes(Secret))), time ?? new ManualTime());
    }

    public static async Task<AuthResult> VerifyAsync(this IAuthenticator authenticator, string token) =>
        await authenticator.VerifyAsync(token, CancellationToken.None);

    /// <summary>A signer with the generated key of a node that has nothing configured.</summary>
    public static TokenSigner Signer(DataFolder data, TimeProvider time) => TokenSigner.FromConfiguration(Configuration(), () => SigningKey.LoadOrCreate(data), time);

    public static IConfiguration Configuration(params (string Key, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create(s.Key, s.Value))).Build();
}
