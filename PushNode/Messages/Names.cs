using System.Buffers;

namespace PushNode.Messages;

/// <summary>The spelling rules of everything that has a name: user ids, device names, topic names, message ids and event labels.</summary>
internal static class Names
{
    /// <summary>The longest name, in characters (all of them ASCII).</summary>
    public const int MaxLength = 128;

    /// <summary>How the rule for user ids and message ids is told to people.</summary>
    public const string IdRule = "1 to 128 characters of A-Z a-z 0-9 _ . @ : + -";

    /// <summary>How the rule for topics, devices and event labels is told to people: an id without ':' (which separates a topic from its cursor).</summary>
    public const string WordRule = "1 to 128 characters of A-Z a-z 0-9 _ . @ + -";

    private const string WordCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@+-";

    private static readonly SearchValues<char> IdChars = SearchValues.Create(WordCharacters + ":");
    private static readonly SearchValues<char> WordChars = SearchValues.Create(WordCharacters);

    /// <summary>Whether <paramref name="text"/> may be a user id or a message id (<see cref="IdRule"/>).</summary>
    public static bool IsId(ReadOnlySpan<char> text) => text.Length is > 0 and <= MaxLength && !text.ContainsAnyExcept(IdChars);

    /// <summary>Whether <paramref name="text"/> may be a topic, a device or an event label (<see cref="WordRule"/>).</summary>
    public static bool IsWord(ReadOnlySpan<char> text) => text.Length is > 0 and <= MaxLength && !text.ContainsAnyExcept(WordChars);
}
