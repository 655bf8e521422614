using System.Text.Json;
using PushNode.Counting;
using PushNode.Messages;

namespace PushNode.Admin.Status;

/// <summary>One second of all nodes together, or of one.</summary>
/// <param name="second">The second at whose end it is, in Unix seconds.</param>
internal sealed class PointSum(long second)
{
    private readonly LatencySum latencies = new();
    private long connections;
    private long accepted;
    private long delivered;
    private long replayed;
    private long dropped;
    private long refused;
    private long outbox;

    /// <summary>Adds what a node had at the end of the second.</summary>
    public void AddState(NodeSample sample)
    {
        connections += sample.Connections;
        outbox += sample.OutboxBytes;
    }

    /// <summary>Adds what a node did.</summary>
    public void AddCounts(NodeSample sample)
    {
        accepted += sample.Accepted;
        delivered += sample.Delivered;
        replayed += sample.Replayed;
        dropped += sample.Dropped;
        refused += sample.Refused;
        latencies.Add(sample.Latencies);
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("time", Timestamp.ToText(second * 1000));
        WriteMembers(json);
        json.WriteEndObject();
    }

    /// <summary>All but the time, as members of an object that has been begun.</summary>
    public void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteNumber("connections", connections);
        json.WriteNumber("accepted", accepted);
        json.WriteNumber("delivered", delivered);
        json.WriteNumber("replayed", replayed);
        json.WriteNumber("dropped", dropped);
        json.WriteNumber("refused", refused);
        json.WriteNumber("outbox", outbox);
        WriteMilliseconds(json, "p50", latencies.Percentile(0.5));
        WriteMilliseconds(json, "p99", latencies.Percentile(0.99));
    }

    private static void WriteMilliseconds(Utf8JsonWriter json, string name, double? milliseconds)
    {
        if (milliseconds is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
