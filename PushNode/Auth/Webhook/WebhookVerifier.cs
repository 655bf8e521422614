using System.Net;
using System.Threading.RateLimiting;
using PushNode.Messages;

namespace PushNode.Auth.Webhook;

/// <summary>Has the business system verify tokens (see <see cref="WebhookOptions"/> for what is said). Its answers are kept for a few seconds.</summary>
internal sealed class WebhookVerifier(AuthOptions options, WebhookCall call, TimeProvider time, ILogger<WebhookVerifier> log) : IAuthenticator, IDisposable
{
    private static readonly AuthResult Busy = AuthResult.Unavailable("too many tokens are waiting to be verified");
    private static readonly AuthResult Away = AuthResult.Unavailable("the service that verifies tokens does not answer as it should");
    private static readonly AuthResult Refused = AuthResult.Invalid("the service that verifies tokens has refused it");

    private readonly VerdictCache cache = new(options.Webhook, time);
    private readonly ConcurrencyLimiter turns = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = options.Webhook.MaxConcurrent,
        QueueLimit = options.Webhook.MaxWaiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    private int failing;

    public ValueTask<AuthResult> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length == 0 || token.Length > options.MaxTokenLength)
            return new(AuthResult.Invalid($"the token has {token.Length} characters; it must have 1 to {options.MaxTokenLength}"));
        TokenDigest digest = TokenDigest.Of(token);
        return cache.TryGet(digest, out AuthResult known) ? new(known) : AskAsync(token, digest, cancellationToken);
    }

    public void Dispose() => turns.Dispose();

    private async ValueTask<AuthResult> AskAsync(string token, TokenDigest digest, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.Webhook.Timeout);
        try
        {
            using RateLimitLease turn = await turns.AcquireAsync(1, deadline.Token);
            if (!turn.IsAcquired)
                return Busy;
            long askedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
            (HttpStatusCode status, byte[] body) = await call.AskAsync(token, deadline.Token);
            return Judge(status, body, askedAt, digest);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Fail($"no answer within {options.Webhook.Timeout}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Fail(e.Message);
        }
    }

    private AuthResult Judge(HttpStatusCode status, byte[] body, long askedAt, TokenDigest digest)
    {
        AuthResult result;
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            result = Refused;
        else if (status != HttpStatusCode.OK)
            return Fail($"it answered {(int)status}");
        else if (!WebhookAnswer.TryParse(body, askedAt, out Identity? identity, out string? fault))
            return Fail($"its answer cannot be used: {fault}");
        else if (identity.ExpiresAt <= askedAt)
            result = AuthResult.Invalid($"expired at {Timestamp.ToText(identity.ExpiresAt)}");
        else
            result = AuthResult.Accept(identity);

        if (Interlocked.Exchange(ref failing, 0) == 1)
            log.WebhookBack(call.Name);
        cache.Add(digest, result);
        return result;
    }

    private AuthResult Fail(string reason)
    {
        // Said once, not for each of the thousands of clients that come meanwhile.
        if (Interlocked.Exchange(ref failing, 1) == 0)
            log.WebhookAway(call.Name, reason);
        else
            log.WebhookStillAway(call.Name, reason);
        return Away;
    }
}
