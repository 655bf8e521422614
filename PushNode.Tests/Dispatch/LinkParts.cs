using PushNode.Dispatch;
using PushNode.Dispatch.Remote;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Tests.Peers;
using PushNode.Tests.Storage;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

/// <summary>What a test of links needs on the dispatching side.</summary>
internal sealed class LinkParts : IDisposable
{
    public LinkParts()
    {
        Client = new PeerClient(Options, new ClusterSecret(PeerHost.Secret), PeerCertificates.None, Node);
        Services = new LinkServices(Client, Options, Metrics, TimeProvider.System, Log.CreateLogger<NodeLink>());
    }

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(20);

    public ClusterOptions Options { get; } = new() { Timeout = TimeSpan.FromSeconds(5) };

    public Node Node { get; } = new("caller:1");

    public LogRecorder Log { get; } = new();

    public PeerClient Client { get; }

    public DispatchMetrics Metrics { get; } = new();

    public LinkServices Services { get; }

    /// <summary>How many connections the report's messages were written to, once all are settled.</summary>
    public static async Task<int> SettledAsync(DeliveryReport report)
    {
        await report.Completed.WaitAsync(Patience);
        return report.Connections;
    }

    public static Task ArrivesAsync(RecordingDelivery delivery, int messages) =>
        Eventually.BecomesTrueAsync(() => delivery.Delivered.Count >= messages, $"{messages} messages arrive");

    public void Dispose()
    {
        Client.Dispose();
        Metrics.Dispose();
        Log.Dispose();
    }
}
