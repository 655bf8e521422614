using PushNode.Settings;

namespace PushNode.Auth;

/// <summary>How tokens are verified: by one kind of key, by a webhook, or (nothing configured) by a generated key.</summary>
internal sealed class AuthOptions : ISettings
{
    public static string Section => "Auth";

    /// <summary>The longest token that is looked at, in characters; 256 to 65,536. It also bounds the body of <c>/auth/verify</c>.</summary>
    public int MaxTokenLength { get; set; } = 8 * 1024;

    public JwtOptions Jwt { get; } = new();

    public WebhookOptions Webhook { get; } = new();

    /// <summary>What the settings ask for; well defined once <see cref="Check"/> has passed.</summary>
    public AuthSource Source => (Jwt, Webhook) switch
    {
        ({ Secret: not null } or { SecretFile: not null }, _) => AuthSource.Secret,
        ({ KeyFile: not null }, _) => AuthSource.KeyFile,
        ({ Jwks: not null }, _) => AuthSource.Jwks,
        (_, { Url: not null }) => AuthSource.Webhook,
        _ => AuthSource.GeneratedKey,
    };

    public IEnumerable<SettingError> Check() =>
        [.. CheckSources(), .. SettingError.Range("Auth:MaxTokenLength", MaxTokenLength, 256, 64 * 1024), .. Jwt.Check(), .. Webhook.Check()];

    private IEnumerable<SettingError> CheckSources()
    {
        (string Key, string? Value)[] sources =
        [
            ("Auth:Jwt:Secret", Jwt.Secret),
            ("Auth:Jwt:SecretFile", Jwt.SecretFile),
            ("Auth:Jwt:KeyFile", Jwt.KeyFile),
            ("Auth:Jwt:Jwks", Jwt.Jwks),
            ("Auth:Webhook:Url", Webhook.Url),
        ];
        string[] given = [.. sources.Where(static s => s.Value is not null).Select(static s => s.Key)];
        if (given.Length > 1)
        {
            string others = string.Join(" and ", given[1..]);
            yield return new SettingError(given[0], null, $"cannot be combined with {others}: tokens are verified in one way, so keep one of them");
        }

        foreach ((string key, string? value) in sources)
        {
            // An empty text is most often a variable that was not set: taking it for "not configured" would fall back to the generated key.
            if (string.IsNullOrWhiteSpace(value) && value is not null)
                yield return new SettingError(key, null, "is empty: give it a value or leave it out");
        }
    }
}
