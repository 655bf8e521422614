namespace PushNode.Push;

/// <summary>What the push role logs.</summary>
internal static partial class PushLog
{
    private static readonly TimeSpan WarningInterval = TimeSpan.FromSeconds(10);

    private static long warned;

    [LoggerMessage(Level = LogLevel.Debug, Message = "{User} connected as {Device} ({Connection})")]
    public static partial void Connected(ILogger logger, string user, string device, Connection connection);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{User} left ({Connection})")]
    public static partial void Left(ILogger logger, string user, Connection connection);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Closing {Connection} of {User}: {Code} {Reason}")]
    public static partial void Closing(ILogger logger, Connection connection, string user, int code, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A connection was refused: {Status} {Reason}")]
    public static partial void Refused(ILogger logger, int status, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Draining: {Connections} connections are sent away within {Window}")]
    public static partial void Draining(ILogger logger, int connections, TimeSpan window);

    [LoggerMessage(Level = LogLevel.Information, Message = "Drained: {Connections} connections are left")]
    public static partial void Drained(ILogger logger, int connections);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The message store has begun a new life: {Connections} clients are sent to connect again ({Reason})")]
    public static partial void EpochChanged(ILogger logger, int connections, string reason);

    /// <summary>
    /// Something waits for the store. While it is away that may be thousands of joins, each once a second: a warning every ten seconds, the rest for debugging.
    /// </summary>
    public static void StoreAway(ILogger logger, string waiting, string reason)
    {
        long last = Volatile.Read(ref warned);
        long now = TimeProvider.System.GetTimestamp();
        bool isDue = last == 0 || TimeProvider.System.GetElapsedTime(last, now) >= WarningInterval;
        if (isDue && Interlocked.CompareExchange(ref warned, now, last) == last)
            StoreAwayWarning(logger, waiting, reason);
        else
            StoreAwayToo(logger, waiting, reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, EventName = "StoreAway", Message = "The store does not answer, {Waiting} waits and asks again: {Reason}")]
    private static partial void StoreAwayWarning(ILogger logger, string waiting, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The store does not answer, {Waiting} waits too: {Reason}")]
    public static partial void StoreAwayToo(ILogger logger, string waiting, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Activity} failed")]
    public static partial void Failed(ILogger logger, string activity, Exception exception);
}
