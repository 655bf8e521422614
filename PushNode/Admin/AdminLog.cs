namespace PushNode.Admin;

/// <summary>What is logged of running a node over HTTP.</summary>
internal static partial class AdminLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "Telling the admin streams how the nodes are failed; it is tried again")]
    public static partial void StatusFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "This node is to drain: {By} has asked for it")]
    public static partial void DrainAsked(ILogger logger, string by);
}
