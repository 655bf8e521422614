namespace PushNode.Storage.Mongo;

/// <summary>The names of the collections.</summary>
internal sealed class Collections(MongoOptions options)
{
    /// <summary>The messages, by <c>_id: {c: channel, i: id}</c>.</summary>
    public string Messages { get; } = options.CollectionPrefix + "messages";

    /// <summary>For each channel up to which number it has used, at most; it never expires.</summary>
    public string Channels { get; } = options.CollectionPrefix + "channels";

    /// <summary>The devices' cursors, by <c>_id: {c: channel, u: user, d: device}</c>.</summary>
    public string Cursors { get; } = options.CollectionPrefix + "cursors";

    /// <summary>Since when which users' tokens are void.</summary>
    public string Revocations { get; } = options.CollectionPrefix + "revocations";

    /// <summary>One document, with the epoch.</summary>
    public string Meta { get; } = options.CollectionPrefix + "meta";
}
