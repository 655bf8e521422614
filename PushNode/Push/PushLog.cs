namespace PushNode.Push;

/// <summary>What the push role logs.</summary>
internal static partial class PushLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "{User} connected as {Device} ({Connection})")]
    public static partial void Connected(ILogger logger, string user, string device, Connection connection);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{User} left ({Connection})")]
    public static partial void Left(ILogger logger, string user, Connection connection);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Closing {Connection} of {User}: {Code} {Reason}")]
    public static partial void Closing(ILogger logger, Connection connection, string user, int code, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A connection was refused: {Status} {Reason}")]
    public static partial void Refused(ILogger logger, int status, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store does not answer, {Waiting} waits and asks again: {Reason}")]
    public static partial void StoreAway(ILogger logger, string waiting, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Activity} failed")]
    public static partial void Failed(ILogger logger, string activity, Exception exception);
}
