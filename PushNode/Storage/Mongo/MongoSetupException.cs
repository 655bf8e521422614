namespace PushNode.Storage.Mongo;

/// <summary>The database cannot be used as it is; the message is the rest of a sentence that starts with it.</summary>
internal sealed class MongoSetupException(string message) : Exception(message);
