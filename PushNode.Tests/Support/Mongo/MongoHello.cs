namespace PushNode.Tests.Support.Mongo;

/// <summary>
/// The commands that say what the server at this address (host:port) is, and who may use it. They are answered whether or not it is primary.
/// </summary>
internal sealed class MongoHello(string address, MongoState state, MongoDoubleOptions options)
{
    private const string Version = "7.0.0";
    private const int MaxWireVersion = 21;

    /// <summary>The reply; null for a command that is about data. Throws <see cref="MongoError"/> 13 or 18 where logins are refused.</summary>
    public BsonDocument? Answer(MongoRequest request) => request.Command switch
    {
        "hello" => Hello(request),
        "ping" or "endSessions" => new BsonDocument { { "ok", 1.0 } },
        "buildInfo" => new BsonDocument { { "version", Version }, { "versionArray", new BsonArray { 7, 0, 0, 0 } }, { "maxBsonObjectSize", 16777216 }, { "ok", 1.0 } },
        "saslStart" when options.RefusesLogins => throw new MongoError(MongoError.AuthenticationFailed, "Authentication failed."),
        _ when options.RefusesLogins => throw new MongoError(MongoError.Unauthorized, $"Command {request.Command} requires authentication"),
        _ => null,
    };

    private BsonDocument Hello(MongoRequest request)
    {
        bool isPrimary = state.IsPrimary;
        var reply = new BsonDocument { { request.Body[0].Key == "hello" ? "isWritablePrimary" : "ismaster", isPrimary } };
        if (request.Body.Flag("helloOk"))
            reply.Add("helloOk", true);
        if (options.ReplicaSet is { } name)
        {
            reply.Add("setName", name);
            reply.Add("setVersion", 1);
            reply.Add("secondary", !isPrimary);
            reply.Add("hosts", new BsonArray { address });
            reply.Add("me", address);
            if (isPrimary)
            {
                reply.Add("primary", address);
                reply.Add("electionId", state.Election);
            }
        }

        reply.Add("maxBsonObjectSize", 16777216);
        reply.Add("maxMessageSizeBytes", MongoWire.MaxMessage);
        reply.Add("maxWriteBatchSize", 100000);
        reply.Add("localTime", BsonDate.Of(TimeProvider.System.GetUtcNow()));
        reply.Add("logicalSessionTimeoutMinutes", 30);
        reply.Add("minWireVersion", 0);
        reply.Add("maxWireVersion", MaxWireVersion);
        reply.Add("readOnly", false);
        reply.Add("ok", 1.0);
        return reply;
    }
}
