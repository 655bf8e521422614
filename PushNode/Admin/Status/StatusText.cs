using System.Buffers;
using System.Text.Json;
using PushNode.Cluster.Redis;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Admin.Status;

/// <summary>The events of the stream, ready to be sent.</summary>
/// <param name="storeKind">Where messages are kept: <c>journal</c>, <c>mongo</c> or <c>remote</c>.</param>
/// <param name="store">The store.</param>
/// <param name="time">The clock.</param>
/// <param name="redis">The way to Redis; null for a node alone.</param>
internal sealed class StatusText(string storeKind, IMessageStore store, TimeProvider time, RedisLink? redis)
{
    /// <summary>The last event of a stream.</summary>
    public static ReadOnlyMemory<byte> Close { get; } = "event: close\ndata: {\"reason\":\"the node shuts down\"}\n\n"u8.ToArray();

    /// <summary>The points of the last five minutes before a second.</summary>
    /// <param name="views">This node and the others.</param>
    /// <param name="before">The second, in Unix seconds.</param>
    public static ReadOnlyMemory<byte> History(IEnumerable<NodeView> views, long before) => Event("history"u8, json =>
    {
        json.WriteNumber("interval", 1);
        json.WriteStartArray("points");
        foreach (PointSum point in PointsOf(views, before).Values)
            point.Write(json);
        json.WriteEndArray();
    });

    /// <summary>How all nodes are now.</summary>
    /// <param name="self">This node; it has a sample.</param>
    /// <param name="others">The other nodes.</param>
    /// <param name="gone">Those that were there.</param>
    public ReadOnlyMemory<byte> Status(NodeView self, IReadOnlyCollection<NodeView> others, IReadOnlyList<GoneNode> gone) => Event("status"u8, json =>
    {
        json.WriteString("time", Timestamp.ToText(time.GetUtcNow().ToUnixTimeMilliseconds()));
        json.WriteString("node", self.Address);
        json.WriteString("cluster", redis is null ? "alone" : "redis");
        WriteRedis(json);
        WriteStore(json);
        json.WritePropertyName("point");
        PointOf([self, .. others], self.Newest!.Second).Write(json);
        json.WriteStartArray("nodes");
        (string Address, Action Write)[] nodes =
        [
            .. others.Append(self).Select(v => (v.Address, (Action)(() => NodeText.Write(json, v)))),
            .. gone.Select(g => (g.Peer.Address, (Action)(() => NodeText.Write(json, g)))),
        ];
        foreach ((_, Action write) in nodes.OrderBy(static n => n.Address, StringComparer.Ordinal))
            write();
        json.WriteEndArray();
    });

    private static SortedDictionary<long, PointSum> PointsOf(IEnumerable<NodeView> views, long before)
    {
        var points = new SortedDictionary<long, PointSum>();
        foreach (NodeView view in views)
        {
            NodeSample? last = null;
            foreach (NodeSample sample in view.Samples.Where(s => s.Second < before && s.Second >= before - SampleRing.Size))
            {
                if (!points.TryGetValue(sample.Second, out PointSum? point))
                    points[sample.Second] = point = new PointSum(sample.Second);
                point.AddCounts(sample);
                // A late one may be of the same second as the next.
                if (last?.Second != sample.Second)
                    point.AddState(sample);
                last = sample;
            }
        }

        return points;
    }

    private static PointSum PointOf(IEnumerable<NodeView> views, long second)
    {
        var point = new PointSum(second);
        foreach (NodeView view in views)
        {
            foreach (NodeSample sample in view.Fresh)
                point.AddCounts(sample);
            if (view is { Trouble: null, Newest: { } newest })
                point.AddState(newest);
        }

        return point;
    }

    private static ReadOnlyMemory<byte> Event(ReadOnlySpan<byte> name, Action<Utf8JsonWriter> writeMembers)
    {
        var text = new ArrayBufferWriter<byte>(4096);
        text.Write("event: "u8);
        text.Write(name);
        text.Write("\ndata: "u8);
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }

        text.Write("\n\n"u8);
        return text.WrittenMemory;
    }

    private void WriteRedis(Utf8JsonWriter json)
    {
        if (redis is null)
        {
            json.WriteNull("redis");
            return;
        }

        json.WriteStartObject("redis");
        json.WriteString("trouble", redis.Trouble);
        json.WriteEndObject();
    }

    private void WriteStore(Utf8JsonWriter json)
    {
        json.WriteStartObject("store");
        json.WriteString("kind", storeKind);
        json.WriteString("trouble", store.Trouble);
        json.WriteString("away", store.Away);
        json.WriteString("epoch", FindEpoch());
        json.WriteEndObject();
    }

    // Not known where the store is another node's that has not answered yet.
    private string? FindEpoch()
    {
        try
        {
            return store.Epoch;
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }
}
