using System.Diagnostics.CodeAnalysis;

namespace PushNode.Messages;

/// <summary>What a channel is for.</summary>
internal enum ChannelKind
{
    /// <summary><c>user:{id}</c>: one person's messages, on every device.</summary>
    User,

    /// <summary><c>topic:{name}</c>: whoever has subscribed.</summary>
    Topic,

    /// <summary><c>all</c>: every connection.</summary>
    All,
}

/// <summary>An ordered stream of messages. One concept serves unicast, group and broadcast.</summary>
internal readonly record struct Channel
{
    private const string UserPrefix = "user:";
    private const string TopicPrefix = "topic:";

    private Channel(string name) => Name = name;

    /// <summary>Every connection's channel.</summary>
    public static Channel All { get; } = new("all");

    /// <summary>The full name: <c>user:alice</c>, <c>topic:news</c> or <c>all</c>. It is ASCII and needs no escaping in JSON.</summary>
    public string Name { get; }

    public ChannelKind Kind => Name[0] switch { 'u' => ChannelKind.User, 't' => ChannelKind.Topic, _ => ChannelKind.All };

    /// <summary>The user id or the topic without its prefix; empty for <c>all</c>.</summary>
    public ReadOnlySpan<char> Subject => Kind switch
    {
        ChannelKind.User => Name.AsSpan(UserPrefix.Length),
        ChannelKind.Topic => Name.AsSpan(TopicPrefix.Length),
        _ => [],
    };

    /// <summary>The channel of a user whose id has been checked with <see cref="Names.IsId"/>.</summary>
    public static Channel User(string userId) => new(UserPrefix + userId);

    /// <summary>The channel of a topic whose name has been checked with <see cref="Names.IsWord"/>.</summary>
    public static Channel Topic(string topic) => new(TopicPrefix + topic);

    /// <summary>Takes a full name apart; false when it is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out Channel channel)
    {
        channel = default;
        if (name is null)
            return false;
        bool valid = name == "all"
            || (name.StartsWith(UserPrefix, StringComparison.Ordinal) && Names.IsId(name.AsSpan(UserPrefix.Length)))
            || (name.StartsWith(TopicPrefix, StringComparison.Ordinal) && Names.IsWord(name.AsSpan(TopicPrefix.Length)));
        if (valid)
            channel = new Channel(name);
        return valid;
    }

    public override string ToString() => Name;
}
