namespace PushNode.Auth;

/// <summary>What auth tells the operator; never a token or a secret.</summary>
internal static partial class AuthLog
{
    [LoggerMessage(EventName = "SourceChosen", Level = LogLevel.Information, Message = "Tokens are verified with {Source}")]
    public static partial void SourceChosen(this ILogger log, string source);

    [LoggerMessage(EventName = "UrlExposed", Level = LogLevel.Warning,
        Message = "{Key} is plain http to another machine: whoever is on the way can decide who gets in. Use https")]
    public static partial void UrlExposed(this ILogger log, string key);

    [LoggerMessage(EventName = "KeysRead", Level = LogLevel.Debug, Message = "Read {Count} keys from {Source}")]
    public static partial void KeysRead(this ILogger log, int count, string source);

    [LoggerMessage(EventName = "KeysNotRead", Level = LogLevel.Warning,
        Message = "The keys at {Source} cannot be read: {Reason}. Going on with the {Count} that are known")]
    public static partial void KeysNotRead(this ILogger log, string source, string reason, int count);

    [LoggerMessage(EventName = "WebhookAway", Level = LogLevel.Warning,
        Message = "The webhook {Url} cannot verify tokens: {Reason}. Clients get 503 until it can")]
    public static partial void WebhookAway(this ILogger log, string url, string reason);

    [LoggerMessage(EventName = "WebhookStillAway", Level = LogLevel.Debug, Message = "The webhook {Url} still cannot verify tokens: {Reason}")]
    public static partial void WebhookStillAway(this ILogger log, string url, string reason);

    [LoggerMessage(EventName = "WebhookBack", Level = LogLevel.Information, Message = "The webhook {Url} verifies tokens again")]
    public static partial void WebhookBack(this ILogger log, string url);

    [LoggerMessage(EventName = "AuthNodesAway", Level = LogLevel.Warning,
        Message = "No node of the cluster verifies tokens: {Reason}. Clients get 503 until one does")]
    public static partial void AuthNodesAway(this ILogger log, string reason);

    [LoggerMessage(EventName = "AuthNodesStillAway", Level = LogLevel.Debug, Message = "Still no node of the cluster verifies tokens: {Reason}")]
    public static partial void AuthNodesStillAway(this ILogger log, string reason);

    [LoggerMessage(EventName = "AuthNodesBack", Level = LogLevel.Information, Message = "{Address} verifies tokens again")]
    public static partial void AuthNodesBack(this ILogger log, string address);
}
