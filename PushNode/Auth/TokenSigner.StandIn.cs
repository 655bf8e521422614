using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PushNode.Messages;
using PushNode.Settings;

namespace PushNode.Auth;

/// <summary>Signs tokens with the shared secret, or with the generated key of the data folder. Auth brings the full one; this file goes with it.</summary>
internal sealed class TokenSigner
{
    private const string Header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

    private readonly byte[] key;
    private readonly TimeProvider time;

    private TokenSigner(byte[] key, TimeProvider time)
    {
        this.key = key;
        this.time = time;
    }

    public static TokenSigner FromConfiguration(IConfiguration configuration, DataFolder data, TimeProvider time)
    {
        foreach (string key in (string[])["Auth:Webhook:Url", "Auth:Jwt:Jwks", "Auth:Jwt:KeyFile"])
        {
            if (configuration[key] is not null)
                throw new SettingsException(key, null, "is set: none can be signed here");
        }

        string path = Path.Combine(data.Path, "signing.key");
        if (configuration["Auth:Jwt:Secret"] is null && !File.Exists(path))
        {
            Directory.CreateDirectory(data.Path);
            File.WriteAllText(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n");
        }

        return new TokenSigner(Encoding.UTF8.GetBytes(configuration["Auth:Jwt:Secret"] ?? File.ReadAllText(path).TrimEnd()), time);
    }

    public string Sign(string userId, TimeSpan lifetime, IReadOnlyCollection<string> topics)
    {
        if (!Names.IsId(userId))
            throw new ArgumentException($"'{userId}' is no user id: {Names.IdRule}", nameof(userId));
        if (!TopicPatterns.TryCreate(topics, out _, out string? offending))
            throw new ArgumentException($"'{offending}' is neither a topic nor a prefix with a star: {Names.WordRule}", nameof(topics));
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        byte[] claims = JsonSerializer.SerializeToUtf8Bytes(new { sub = userId, iat = now, exp = now + (long)lifetime.TotalSeconds, topics });
        string input = $"{Header}.{Base64Url.EncodeToString(claims)}";
        return $"{input}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(input)))}";
    }
}
