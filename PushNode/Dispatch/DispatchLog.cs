namespace PushNode.Dispatch;

/// <summary>What is logged of the ways to other nodes: each change, not each message.</summary>
internal static partial class DispatchLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The push node {Address} does not take messages; they wait, and past the bounds they are left to the store: {Reason}")]
    public static partial void LinkAway(ILogger logger, string address, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The push node {Address} takes messages again; {Dropped} were left to the store and are fetched from there")]
    public static partial void LinkBack(ILogger logger, string address, long dropped);

    [LoggerMessage(Level = LogLevel.Information, Message = "The push node {Address} runs anew: what waited for the run before is left to the store")]
    public static partial void LinkOver(ILogger logger, string address);

    [LoggerMessage(Level = LogLevel.Error, Message = "The push node {Address} refused messages for good; they are left to the store: {Reason}")]
    public static partial void LinkRefused(ILogger logger, string address, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Bringing messages to the push node {Address} failed; they are left to the store")]
    public static partial void LinkFailed(ILogger logger, string address, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The push node {Address} cannot be asked about its connections; callers are told that it did not answer: {Reason}")]
    public static partial void NotAsked(ILogger logger, string address, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The tokens revoked now cannot be told to the {Whom}; that will be done as soon as there is an answer")]
    public static partial void NotTold(ILogger logger, string whom);

    [LoggerMessage(Level = LogLevel.Information, Message = "Every revocation has been told to the {Whom}")]
    public static partial void Told(ILogger logger, string whom);

    [LoggerMessage(Level = LogLevel.Error, Message = "Telling the {Whom} of revocations failed; it is tried again")]
    public static partial void TellingFailed(ILogger logger, string whom, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "More than {Bound} revocations wait for the {Whom}; the one of {User} will not be told")]
    public static partial void TooManyRevocations(ILogger logger, int bound, string whom, string user);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No node dispatches; messages wait for one, up to {Patience} and Cluster:MaxQueued…, and past that are left to the store: {Reason}")]
    public static partial void NoDispatcher(ILogger logger, TimeSpan patience, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "More messages wait for a node to dispatch them than may; those that come now are left to the store, where the push nodes find them")]
    public static partial void DispatchersFull(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "The node {Address} dispatches; {Dropped} messages were left to the store before")]
    public static partial void DispatchesThrough(ILogger logger, string address, long dropped);

    [LoggerMessage(Level = LogLevel.Error, Message = "The dispatch node {Address} refused messages for good; they are left to the store: {Reason}")]
    public static partial void DispatcherRefused(ILogger logger, string address, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Bringing messages to the dispatch node {Address} failed; they are left to the store")]
    public static partial void DispatcherFailed(ILogger logger, string address, Exception exception);
}
