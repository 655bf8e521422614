using System.Globalization;

namespace PushNode.Commands;

/// <summary>Up to where a listener has seen each channel: what it asks for when it connects again, and what it need not show twice.</summary>
internal sealed class ListenPosition
{
    /// <summary>What a seq is, as the rest of a sentence.</summary>
    public const string SeqRule = "a seq is a whole number from 0 to 2^53 - 1";


    private readonly Dictionary<string, long> seqs = new(StringComparer.Ordinal);
    private readonly string[] topics;
    private readonly long? firstAfter;
    private string? epoch;
    private string? ownChannel;

    /// <param name="after">Where the user's own channel starts; null for where the device was.</param>
    /// <param name="topics">Names, each with a cursor if it is to start there: <c>news:7</c>.</param>
    public ListenPosition(long? after, IEnumerable<string> topics)
    {
        firstAfter = after;
        var names = new List<string>();
        foreach (string topic in topics)
        {
            int colon = topic.IndexOf(':', StringComparison.Ordinal);
            names.Add(colon < 0 ? topic : topic[..colon]);
            if (colon >= 0)
                seqs["topic:" + topic[..colon]] = long.Parse(topic.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        }

        this.topics = [.. names];
    }

    /// <summary>The query with which a connection goes on from here.</summary>
    public string ToQuery(string device)
    {
        long? after = ownChannel is not null && seqs.TryGetValue(ownChannel, out long seen) ? seen : firstAfter;
        List<string> parameters = [$"device={Uri.EscapeDataString(device)}", "ack=manual"];
        if (after is not null)
            parameters.Add(string.Create(CultureInfo.InvariantCulture, $"after={after}"));
        if (epoch is not null)
            parameters.Add($"epoch={Uri.EscapeDataString(epoch)}");
        if (topics.Length > 0)
            parameters.Add($"topics={Uri.EscapeDataString(string.Join(',', topics.Select(WithCursor)))}");
        if (seqs.TryGetValue("all", out long all))
            parameters.Add(string.Create(CultureInfo.InvariantCulture, $"all={all}"));
        return string.Join('&', parameters);
    }

    /// <summary>The node has greeted: seqs of another epoch do not compare with its own.</summary>
    public void Begin(string? user, string? newEpoch)
    {
        if (epoch is not null && epoch != newEpoch)
            seqs.Clear();
        epoch = newEpoch;
        ownChannel = $"user:{user}";
    }

    /// <summary>The node starts over with the channel's oldest message.</summary>
    public void Reset(string channel) => seqs[channel] = 0;

    /// <summary>Moves forward; false when the seq has been seen.</summary>
    public bool Move(string channel, long seq)
    {
        if (seqs.TryGetValue(channel, out long seen) && seq <= seen)
            return false;
        seqs[channel] = seq;
        return true;
    }

    public bool IsOwn(string channel) => channel == ownChannel;

    private string WithCursor(string topic) =>
        seqs.TryGetValue("topic:" + topic, out long seq) ? string.Create(CultureInfo.InvariantCulture, $"{topic}:{seq}") : topic;
}
