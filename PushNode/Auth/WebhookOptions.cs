using PushNode.Settings;

namespace PushNode.Auth;

/// <summary>
/// How the business system is asked about a token: <c>POST {"token":"…"}</c>. It answers 200
/// <c>{"userId":"alice","expiresAt":"2026-11-21T08:00:00Z","issuedAt":"…","topics":["news"]}</c> (only <c>userId</c> is required), or 401 or 403 for a
/// token that is not valid. Any other answer, and none in time, means that the token could not be checked.
/// </summary>
internal sealed class WebhookOptions
{
    /// <summary>The http(s) URL to post to.</summary>
    public string? Url { get; set; }

    /// <summary>Sent to the webhook as <c>Authorization: Bearer</c>, so that it knows who asks.</summary>
    public string? Key { get; set; }

    /// <summary>A file that holds the key; line ends after it do not count.</summary>
    public string? KeyFile { get; set; }

    /// <summary>How long an answer may take, waiting for a turn included; 100 ms to 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an answer is used again for the same token, never past its end; 0 (never) to 5 minutes.</summary>
    public TimeSpan CacheDuration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many answers are kept; 2 to 1,000,000.</summary>
    public int CacheSize { get; set; } = 20_000;

    /// <summary>How many questions are asked at the same time; 1 to 1,000.</summary>
    public int MaxConcurrent { get; set; } = 64;

    /// <summary>How many questions wait for a turn, beyond which the answer is 503; 0 to 100,000.</summary>
    public int MaxWaiting { get; set; } = 2_000;

    public IEnumerable<SettingError> Check() =>
    [
        .. CheckTexts(),
        .. SettingError.Range("Auth:Webhook:Timeout", Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30)),
        .. SettingError.Range("Auth:Webhook:CacheDuration", CacheDuration, TimeSpan.Zero, TimeSpan.FromMinutes(5)),
        .. SettingError.Range("Auth:Webhook:CacheSize", CacheSize, 2, 1_000_000),
        .. SettingError.Range("Auth:Webhook:MaxConcurrent", MaxConcurrent, 1, 1_000),
        .. SettingError.Range("Auth:Webhook:MaxWaiting", MaxWaiting, 0, 100_000),
    ];

    private IEnumerable<SettingError> CheckTexts()
    {
        if (!string.IsNullOrWhiteSpace(Url) && HttpUrl.FindFault("Auth:Webhook:Url", Url) is { } fault)
            yield return fault;
        if (Key is not null && KeyFile is not null)
            yield return new SettingError("Auth:Webhook:Key", null, "cannot be combined with Auth:Webhook:KeyFile: keep one of them");
        if (Url is null && (Key ?? KeyFile) is not null)
            yield return new SettingError("Auth:Webhook:Url", null, "is missing: a webhook key is given, but no webhook");
        if (Key is not null && SecretFile.FindHeaderFault(Key) is { } remedy)
            yield return new SettingError("Auth:Webhook:Key", null, remedy);
    }
}
