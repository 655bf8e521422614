using System.Net;

namespace PushNode.Commands;

/// <summary>How a connection ended.</summary>
/// <param name="Reason">In words, as the first part of a sentence.</param>
/// <param name="IsFinal">Whether connecting again would end the same way.</param>
internal sealed record ListenEnd(string Reason, bool IsFinal)
{
    private const int TokenRefused = 4401;

    /// <summary>The earliest that the node wants to see the client again; zero when it did not say.</summary>
    public TimeSpan NotBefore { get; init; }

    /// <summary>Whether the node had greeted, so that the way there is known to be good.</summary>
    public bool WasWelcomed { get; init; }

    /// <summary>Whether the token was expired, revoked or refused.</summary>
    public bool IsTokenRefused { get; private init; }

    /// <summary>An end by a close frame. Refusals of what the client is or asks for stay refusals; everything else passes.</summary>
    public static ListenEnd ByClose(int code, string? description)
    {
        string reason = PlainText.From(string.IsNullOrEmpty(description) ? NameOf(code) : description);
        bool isFinal = code is 1002 or 1003 or 1007 or 1008 or 1009 or 1010 or (>= 4400 and < 4500 and not (4408 or 4429));
        return new ListenEnd($"the node closed the connection ({code}: {reason})", isFinal) { IsTokenRefused = code == TokenRefused };
    }

    /// <summary>An end by an HTTP answer in place of the upgrade.</summary>
    public static ListenEnd ByStatus(HttpStatusCode status, TimeSpan retryAfter)
    {
        bool passes = (int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout;
        return new ListenEnd($"the node answered {(int)status} {status} in place of a WebSocket", !passes) { NotBefore = retryAfter };
    }

    public static ListenEnd Lost(string reason) => new(reason, IsFinal: false);

    private static string NameOf(int code) => code switch
    {
        1000 => "closed",
        1001 => "shutting down",
        1008 => "protocol misuse",
        1009 => "frame too large",
        1012 => "draining",
        4400 => "bad request",
        TokenRefused => "the token is expired, revoked or not valid",
        4403 => "not allowed",
        4408 => "heartbeat missed",
        4429 => "too many connections",
        4503 => "not ready",
        _ => "no reason given",
    };
}
