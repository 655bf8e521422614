using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PushNode.Access;
using PushNode.Admin;
using PushNode.Admin.Status;
using PushNode.Counting;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Collect;
using PushNode.Tests.Support;

namespace PushNode.Tests.Admin;

/// <summary>What tells how a node is, by a clock of the test's; it counts what the test says.</summary>
internal sealed class StatusParts : ICounted, IDisposable
{
    public StatusParts()
    {
        Sampling = new SelfSampling([this], Ring, Time);
        Self = new SelfStatus(Node, Roles.All, new Readiness([]), Ring, Time);
        Feed = new StatusFeed(Node, Self, Ring, new StatusText("journal", new MemoryStore(), Time, null), Time, NullLogger<StatusFeed>.Instance);
        Endpoint = new StreamEndpoint(new AdminGuard(AdminKey.None, isLoopback: true), Feed, Time);
    }

    public SteppedTime Time { get; } = new();

    public Node Node { get; } = new();

    public SampleRing Ring { get; } = new();

    public SelfSampling Sampling { get; }

    public SelfStatus Self { get; }

    public StatusFeed Feed { get; }

    public StreamEndpoint Endpoint { get; }

    /// <summary>What it has counted so far.</summary>
    public NodeCounts Counts { get; } = new();

    public void AddTo(NodeCounts sum)
    {
        sum.Accepted += Counts.Accepted;
        sum.Delivered += Counts.Delivered;
        sum.Connections += Counts.Connections;
        sum.OutboxBytes += Counts.OutboxBytes;
        sum.Latencies.Add(Counts.Latencies.Since(new LatencySum()));
    }

    /// <summary>A second goes by, at whose end a sample is taken.</summary>
    public void Pass()
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        Sampling.Take();
    }

    /// <summary>The next event of a stream: its name and its data.</summary>
    public static async Task<(string Name, JsonElement Data)> ReadAsync(StatusStream stream)
    {
        ReadOnlyMemory<byte>? next = await stream.NextAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        string[] lines = System.Text.Encoding.UTF8.GetString(next!.Value.Span).Split('\n');
        Assert.That(lines[2..], Is.EqualTo(new[] { "", "" }), "an event ends with an empty line");
        return (lines[0]["event: ".Length..], JsonElement.Parse(lines[1]["data: ".Length..]));
    }

    public void Dispose()
    {
        Feed.Dispose();
        Sampling.Dispose();
    }
}
