namespace PushNode.Storage.Mongo.Driver;

/// <summary>Takes what is wanted out of the server's reply, which is gone afterwards.</summary>
internal delegate T ReplyReader<out T>(BsonReader reply);
