namespace PushNode.Transport;

/// <summary>What the transport logs.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Activity} failed")]
    public static partial void Failed(ILogger logger, string activity, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No connection can be accepted now ({Reason}): most likely the process has as many files open as it may (ulimit -n)")]
    public static partial void AcceptFailed(ILogger logger, string reason);
}
