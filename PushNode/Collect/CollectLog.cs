namespace PushNode.Collect;

/// <summary>What collect tells an operator.</summary>
internal static partial class CollectLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The message store did not confirm {Failed} of {Messages} messages; producers get 503 until it does: {Trouble}")]
    public static partial void StoreFails(ILogger logger, int failed, int messages, string trouble);

    [LoggerMessage(Level = LogLevel.Information, Message = "The message store confirms messages again")]
    public static partial void StoreWellAgain(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "The message store threw while it appended {Messages} messages; their producers get 503")]
    public static partial void AppendThrew(ILogger logger, Exception exception, int messages);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The heads' hints could not be raised; push nodes find new messages in the store, a little later")]
    public static partial void HeadsNotRaised(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "The heads' hints are raised again")]
    public static partial void HeadsRaisedAgain(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "Dispatch threw for a batch of {Messages} messages; push nodes find the durable ones in the store")]
    public static partial void DispatchThrew(ILogger logger, Exception exception, int messages);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request could not be answered; its messages are where its answer would have said")]
    public static partial void AnswerFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The shutdown gives up {Messages} messages that the store has not confirmed; their producers get 503")]
    public static partial void GivesUp(ILogger logger, long messages);

    [LoggerMessage(Level = LogLevel.Information, Message = "The tokens of {User} issued until now are revoked")]
    public static partial void Revoked(ILogger logger, string user);
}
