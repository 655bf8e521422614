using Microsoft.AspNetCore.WebUtilities;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Push;

/// <summary>What a client asks for when it connects, over either transport.</summary>
internal sealed class ConnectRequest
{
    private const string Parameters = "token, device, after, epoch, topics, all, ack";

    public string Device { get; private set; } = Connection.DefaultDevice;

    public AckMode AckMode { get; private set; }

    /// <summary>The token of the query; null when it came another way.</summary>
    public string? QueryToken { get; private set; }

    /// <summary>The epoch that the given positions are of; null when the client does not say.</summary>
    public string? Epoch { get; private set; }

    /// <summary>The position in the user's own channel; null when the client gives none.</summary>
    public long? After { get; private set; }

    /// <summary>The position in <c>all</c>; null when the client gives none.</summary>
    public long? All { get; private set; }

    /// <summary>Whether the positions are those that the client has proved to have, by sending them back as its <c>Last-Event-ID</c>.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>The topics to subscribe to, each with a position if the client gives one.</summary>
    public Dictionary<string, long?> Topics { get; } = [];

    /// <summary>Reads the query, with its question mark; null when it is well, else what is wrong with it.</summary>
    public static Problem? TryParse(string? query, out ConnectRequest request)
    {
        request = new ConnectRequest();
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in new QueryStringEnumerable(query))
        {
            string name = pair.DecodeName().ToString();
            int times = Count(query, name);
            if (times > 1)
                return Problem.BadRequest("bad_parameter", $"{name} is given {times} times; give it once");
            if (request.Set(name, pair.DecodeValue().ToString()) is { } detail)
                return Problem.BadRequest("bad_parameter", detail);
        }

        return null;
    }

    /// <summary>Resumes where an event stream was cut: its cursor is newer than whatever stands in the query of the first request.</summary>
    public void Resume(string epoch, long after, long all, IReadOnlyDictionary<string, long> topics)
    {
        Epoch = epoch;
        After = after;
        All = all;
        IsResumed = true;
        foreach (string topic in Topics.Keys.Where(topics.ContainsKey).ToArray())
            Topics[topic] = topics[topic];
    }

    // For each of the few names that there are, once at most: a name that is unknown, or there twice, ends the reading.
    private static int Count(string? query, string name)
    {
        int times = 0;
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in new QueryStringEnumerable(query))
            times += pair.DecodeName().Span.Equals(name, StringComparison.OrdinalIgnoreCase) ? 1 : 0;
        return times;
    }

    private string? Set(string name, string value)
    {
        switch (name)
        {
            case "token":
                QueryToken = value;
                return null;
            case "device":
                Device = value == Connection.DefaultDevice ? Connection.DefaultDevice : value;
                return Names.IsWord(value) ? null : $"device is no device name: {Names.WordRule}";
            case "epoch":
                Epoch = value;
                return Names.IsWord(value) ? null : "epoch is not one that a welcome told";
            case "after":
                return SetSeq(name, value, seq => After = seq);
            case "all":
                return SetSeq(name, value, seq => All = seq);
            case "ack":
                AckMode = value == "manual" ? AckMode.Manual : AckMode.Auto;
                return value is "manual" or "auto" ? null : "ack must be auto or manual";
            case "topics":
                return SetTopics(value);
            default:
                return $"there is no parameter {(Names.IsId(name) ? name : "of that name")}; known are {Parameters}";
        }
    }

    private static string? SetSeq(string name, string value, Action<long> set)
    {
        if (!Message.TryParseSeq(value, out long seq))
            return $"{name} must be a seq: a whole number from 0 to 2^53 - 1";
        set(seq);
        return null;
    }

    private string? SetTopics(string value)
    {
        foreach (Range range in value.AsSpan().Split(','))
        {
            ReadOnlySpan<char> entry = value.AsSpan(range);
            int colon = entry.IndexOf(':');
            ReadOnlySpan<char> topic = colon < 0 ? entry : entry[..colon];
            if (!Names.IsWord(topic))
                return $"topics must be topic or topic:seq, separated by commas; a topic is {Names.WordRule}";
            long seq = 0;
            if (colon >= 0 && !Message.TryParseSeq(entry[(colon + 1)..], out seq))
                return $"topics: the seq after {topic} must be a whole number from 0 to 2^53 - 1";
            if (!Topics.TryAdd(topic.ToString(), colon < 0 ? null : seq))
                return $"topics names {topic} twice";
        }

        return null;
    }
}
