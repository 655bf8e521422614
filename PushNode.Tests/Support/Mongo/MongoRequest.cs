namespace PushNode.Tests.Support.Mongo;

/// <summary>A command as it came.</summary>
/// <param name="Id">The message's number, which the reply names.</param>
/// <param name="IsQuery">It came as OP_QUERY and is answered by OP_REPLY.</param>
/// <param name="WantsReply">Not with <c>moreToCome</c>.</param>
/// <param name="Body">The command; document sequences are arrays in it.</param>
/// <param name="Database">What it is for.</param>
internal sealed record MongoRequest(int Id, bool IsQuery, bool WantsReply, BsonDocument Body, string Database)
{
    /// <summary>The command's name, in its newest spelling: <c>hello</c>, <c>findAndModify</c>.</summary>
    public string Command => Body[0].Key switch
    {
        "isMaster" or "ismaster" => "hello",
        "findandmodify" => "findAndModify",
        "buildinfo" => "buildInfo",
        string name => name,
    };

    /// <summary>The collection that it names; null where it names none.</summary>
    public string? Collection => Body[0].Value as string;

    /// <summary>The collection's full name.</summary>
    public string Namespace => $"{Database}.{Collection ?? throw new MongoError(73, $"{Command} without a collection")}";

    /// <summary>A retryable write: its session and number, which no other has. Null for others.</summary>
    public string? Transaction => Body.TryGet("txnNumber", out object? number) ? $"{BsonText.Of(Body["lsid"])} {number}" : null;

    /// <summary>Whether it is meant by a name such as <c>insert</c>, or <c>insert messages</c> (of one collection only).</summary>
    public bool Is(string name) => name == Command || name == $"{Command} {Collection}";

    public override string ToString() => BsonText.Of(Body);
}
