namespace PushNode.Auth.Webhook;

/// <summary>
/// The webhook's answers of the last few seconds, for clients that reconnect. Two generations: when the young one is full or old, it takes the place of
/// the one before. So the size is bounded and nothing has to be swept.
/// </summary>
internal sealed class VerdictCache(WebhookOptions options, TimeProvider time)
{
    private readonly Lock gate = new();
    private Dictionary<TokenDigest, Verdict> young = [];
    private Dictionary<TokenDigest, Verdict> old = [];
    private DateTimeOffset youngSince = time.GetUtcNow();

    public int Count
    {
        get
        {
            lock (gate)
                return young.Count + old.Count;
        }
    }

    public bool TryGet(TokenDigest token, out AuthResult result)
    {
        Verdict verdict;
        lock (gate)
        {
            if (!young.TryGetValue(token, out verdict) && !old.TryGetValue(token, out verdict))
            {
                result = default;
                return false;
            }
        }

        DateTimeOffset now = time.GetUtcNow();
        result = verdict.Result;
        return now < verdict.Until && now.ToUnixTimeMilliseconds() < (result.Identity?.ExpiresAt ?? long.MaxValue);
    }

    public void Add(TokenDigest token, AuthResult result)
    {
        if (options.CacheDuration == TimeSpan.Zero)
            return;
        DateTimeOffset now = time.GetUtcNow();
        lock (gate)
        {
            if (young.Count >= options.CacheSize / 2 || now - youngSince >= options.CacheDuration)
            {
                (old, young) = (young, old);
                young.Clear();
                youngSince = now;
            }

            young[token] = new Verdict(result, now + options.CacheDuration);
        }
    }

    private readonly record struct Verdict(AuthResult Result, DateTimeOffset Until);
}
