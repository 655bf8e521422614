using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PushNode.Tests.Support;

/// <summary>Signs tokens with nothing of the product's.</summary>
internal static class Tokens
{
    public const string Secret = "a-secret-of-the-tests-with-32-bytes-and-more";

    public static string For(string user, string[]? topics = null, TimeSpan? lifetime = null, DateTimeOffset? issued = null)
    {
        DateTimeOffset now = issued ?? DateTimeOffset.UtcNow;
        return Sign(new Dictionary<string, object>
        {
            ["sub"] = user,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + (lifetime ?? TimeSpan.FromHours(1))).ToUnixTimeSeconds(),
            ["topics"] = topics ?? [],
        });
    }

    public static string Sign(Dictionary<string, object> claims, string secret = Secret)
    {
        string head = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);
        string signed = $"{head}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        byte[] signature = HMACSHA256.HashData(Encoding.ASCII.GetBytes(secret), Encoding.ASCII.GetBytes(signed));
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }
}
