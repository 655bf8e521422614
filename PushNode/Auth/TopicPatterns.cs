using PushNode.Messages;

namespace PushNode.Auth;

/// <summary>The topics a token allows: exact names (<c>news</c>) and prefixes (<c>room.*</c>, or <c>*</c> for every topic).</summary>
internal sealed class TopicPatterns
{
    private readonly string[] patterns;

    private TopicPatterns(string[] patterns) => this.patterns = patterns;

    public static TopicPatterns None { get; } = new([]);

    // Held by each connection, and nearly all tokens say the same.
    private static TopicPatterns All { get; } = new(["*"]);

    /// <summary>The patterns as they were given.</summary>
    public IReadOnlyList<string> Patterns => patterns;

    /// <summary>False, with the offending pattern, when one is neither a topic name nor a prefix followed by a single star.</summary>
    public static bool TryCreate(IReadOnlyCollection<string> patterns, out TopicPatterns result, out string? offending)
    {
        offending = patterns.FirstOrDefault(static p => !IsPattern(p));
        result = offending is not null || patterns.Count == 0 ? None : patterns.Count == 1 && patterns.First() == "*" ? All : new TopicPatterns([.. patterns]);
        return offending is null;
    }

    public bool Allows(ReadOnlySpan<char> topic)
    {
        foreach (string pattern in patterns)
        {
            if (pattern[^1] == '*' ? topic.StartsWith(pattern.AsSpan(0, pattern.Length - 1)) : topic.SequenceEqual(pattern))
                return true;
        }

        return false;
    }

    private static bool IsPattern(string pattern) =>
        pattern == "*" || (pattern.EndsWith('*') ? Names.IsWord(pattern.AsSpan(0, pattern.Length - 1)) : Names.IsWord(pattern));
}
