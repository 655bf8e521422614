namespace PushNode.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed unexpectedly")]
    public static partial void RequestFailed(this ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The other nodes are told to reach this one at {Address}, where another node answers: set Cluster:Advertise to an address that leads here")]
    public static partial void AnotherAnswers(this ILogger logger, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The other nodes are told to reach this one at {Address}, where it does not reach itself: {Reason}. If they cannot either, set Cluster:Advertise to an address that leads here")]
    public static partial void NotReached(this ILogger logger, string address, string reason);
}
