using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using PushNode.Auth.Keys;
using PushNode.Diagnostics;
using PushNode.Messages;
using PushNode.Settings;

namespace PushNode.Auth;

/// <summary>Signs tokens that a node with the same settings accepts; for trying out and for tests.</summary>
internal sealed class TokenSigner
{
    private readonly HmacKey key;
    private readonly JwtOptions options;
    private readonly TimeProvider time;
    private readonly JwsAlgorithms algorithm;

    private TokenSigner(HmacKey key, JwtOptions options, TimeProvider time)
    {
        this.key = key;
        this.options = options;
        this.time = time;
        JwsAlgorithms usable = key.Algorithms & (options.AllowedAlgorithms ?? key.Algorithms);
        algorithm = new[] { JwsAlgorithms.HS256, JwsAlgorithms.HS384, JwsAlgorithms.HS512 }.First(a => (a & usable) != 0);
    }

    /// <summary>A signer for the node that has these settings: with its shared secret, or with the generated key when it has none.</summary>
    /// <param name="configuration">The node's settings.</param>
    /// <param name="generatedKey">Where the generated key comes from: the node makes it when there is none, others wait for it.</param>
    /// <param name="time">The clock that tokens are valid by.</param>
    /// <exception cref="SettingsException">The settings are wrong, or the node verifies with something that cannot sign.</exception>
    public static TokenSigner FromConfiguration(IConfiguration configuration, Func<HmacKey> generatedKey, TimeProvider time)
    {
        AuthOptions options = SettingsRegistration.Bind<AuthOptions>(configuration);
        HmacKey key = options.Source switch
        {
            AuthSource.GeneratedKey => generatedKey(),
            AuthSource.Secret => KeyLoader.LoadSecret(options.Jwt),
            AuthSource.Webhook => throw new SettingsException("Auth:Webhook:Url", null, "is set: the business system makes the tokens, none can be signed here"),
            AuthSource.Jwks => throw new SettingsException("Auth:Jwt:Jwks", null, "is set: whoever has the private keys makes the tokens, none can be signed here"),
            _ => throw new SettingsException("Auth:Jwt:KeyFile", null, "is set: whoever has the private key makes the tokens, none can be signed here"),
        };
        KeyLoader.CheckAlgorithms(options.Jwt, key.Algorithms);
        return new TokenSigner(key, options.Jwt, time);
    }

    /// <summary>A token for a user, valid from now.</summary>
    /// <param name="userId">As <see cref="Names.IdRule"/> says.</param>
    /// <param name="lifetime">More than 0; whole seconds count, a started one as a whole.</param>
    /// <param name="topics">Names and prefixes (<c>room.*</c>) it allows; may be empty.</param>
    /// <exception cref="ArgumentException">The node would not accept it; the message says what is wrong.</exception>
    public string Sign(string userId, TimeSpan lifetime, IReadOnlyCollection<string> topics)
    {
        if (!Names.IsId(userId))
            throw new ArgumentException($"'{Quoted.Text(userId)}' is no user id: {Names.IdRule}", nameof(userId));
        if (lifetime <= TimeSpan.Zero || lifetime > TimeSpan.FromDays(36_500))
            throw new ArgumentException("A token lives for more than 0 seconds and at most 100 years", nameof(lifetime));
        if (!TopicPatterns.TryCreate(topics, out _, out string? offending))
            throw new ArgumentException($"'{Quoted.Text(offending!)}' is neither a topic nor a prefix with a star: {Names.WordRule}", nameof(topics));

        string input = $"{Encode(WriteHeader)}.{Encode(json => WriteClaims(json, userId, lifetime, topics))}";
        Span<byte> signature = stackalloc byte[64];
        int length = key.Sign(algorithm, Encoding.ASCII.GetBytes(input), signature);
        return $"{input}.{Base64Url.EncodeToString(signature[..length])}";
    }

    private static string Encode(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Base64Url.EncodeToString(buffer.ToArray());
    }

    private void WriteHeader(Utf8JsonWriter json)
    {
        json.WriteString("alg", algorithm.ToString());
        json.WriteString("typ", "JWT");
    }

    private void WriteClaims(Utf8JsonWriter json, string userId, TimeSpan lifetime, IReadOnlyCollection<string> topics)
    {
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        json.WriteString(options.UserClaim, userId);
        json.WriteNumber("iat", now);
        json.WriteNumber("exp", now + (long)Math.Ceiling(lifetime.TotalSeconds));
        if (options.Issuer is not null)
            json.WriteString("iss", options.Issuer);
        if (options.Audience is not null)
            json.WriteString("aud", options.Audience);
        if (topics.Count == 0)
            return;
        json.WriteStartArray(options.TopicsClaim);
        foreach (string topic in topics)
            json.WriteStringValue(topic);
        json.WriteEndArray();
    }
}
