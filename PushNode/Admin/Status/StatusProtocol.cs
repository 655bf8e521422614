using PushNode.Counting;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Admin.Status;

/// <summary>What nodes ask one another about how they are. What stands behind the part that is known here is a later version's, and passed over.</summary>
/// <exception cref="MalformedPeerBodyException">Every reading member throws it when the body is not what it should be.</exception>
internal static class StatusProtocol
{
    public const string Path = "/node/status";

    /// <inheritdoc cref="SelfStatus.Tell"/>
    public static PeerWriter Ask(long run, long number)
    {
        var body = new PeerWriter();
        body.Long(run);
        body.Long(number);
        return body;
    }

    public static (long Run, long Number) ReadAsk(ReadOnlySpan<byte> question)
    {
        var body = new PeerReader(question);
        return (body.Long(), body.Long());
    }

    public static PeerWriter Tell(NodeStatus status)
    {
        var body = new PeerWriter();
        body.Text(status.Incarnation);
        body.Text(status.Version);
        body.Int((int)status.Roles);
        body.Flag(status.IsDraining);
        body.Text(status.Unready ?? "");
        body.Int(status.Cores);
        body.Long(status.Started);
        body.Long(status.Uptime);
        body.Long(status.Now);
        body.Int(status.Samples.Count);
        foreach (NodeSample sample in status.Samples)
            Write(body, sample);
        return body;
    }

    public static NodeStatus ReadStatus(ReadOnlySpan<byte> answer)
    {
        var body = new PeerReader(answer);
        return new NodeStatus(
            body.Text(),
            body.Text(),
            (Roles)body.Int() & Roles.All,
            body.Flag(),
            body.Text() is { Length: > 0 } unready ? unready : null,
            body.Int(),
            body.Long(),
            body.Long(),
            body.Long(),
            ReadSamples(ref body));
    }

    private static void Write(PeerWriter body, NodeSample sample)
    {
        body.Long(sample.Number);
        body.Long(sample.Time);
        body.Int(sample.Connections);
        body.Long(sample.OutboxBytes);
        body.Long(sample.Accepted);
        body.Long(sample.Delivered);
        body.Long(sample.Replayed);
        body.Long(sample.Dropped);
        body.Long(sample.Refused);
        body.Long(sample.Memory);
        body.Long(sample.Heap);
        body.Int(sample.MilliCores);
        body.Int(sample.Latencies.Count);
        foreach (LatencyCount latency in sample.Latencies)
        {
            body.Byte(latency.Bucket);
            body.Int(latency.Count);
        }
    }

    private static NodeSample[] ReadSamples(ref PeerReader body)
    {
        int count = body.Count();
        if (count > SampleRing.Size)
            throw new MalformedPeerBodyException(0, $"{count} samples are more than a node keeps");
        var samples = new NodeSample[count];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = new NodeSample
            {
                Number = body.Long(),
                Time = body.Long(),
                Connections = body.Int(),
                OutboxBytes = body.Long(),
                Accepted = body.Long(),
                Delivered = body.Long(),
                Replayed = body.Long(),
                Dropped = body.Long(),
                Refused = body.Long(),
                Memory = body.Long(),
                Heap = body.Long(),
                MilliCores = body.Int(),
                Latencies = ReadLatencies(ref body),
            };
        }

        return samples;
    }

    private static LatencyCount[] ReadLatencies(ref PeerReader body)
    {
        var latencies = new LatencyCount[body.Count()];
        for (int i = 0; i < latencies.Length; i++)
        {
            latencies[i] = new LatencyCount(body.Byte(), body.Int());
            if (latencies[i].Bucket >= LatencyBuckets.Count || latencies[i].Count < 0)
                throw new MalformedPeerBodyException(0, "a count of latencies is none");
        }

        return latencies;
    }
}
