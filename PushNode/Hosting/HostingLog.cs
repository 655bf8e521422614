namespace PushNode.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed unexpectedly")]
    public static partial void RequestFailed(this ILogger logger, Exception exception, string method, string path);
}
