using PushNode.Dispatch.Remote;
using PushNode.Peers;
using PushNode.Tests.Peers;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

/// <summary>A push node's internal listener behind a link that can be cut, with a double behind it.</summary>
internal sealed class PushNodeDouble : IAsyncDisposable
{
    private PushNodeDouble(PeerHost host) => (Host, Link) = (host, new TestLink(host.Internal.Port));

    public PeerHost Host { get; }

    public TestLink Link { get; }

    public RecordingDelivery Delivery { get; private init; } = null!;

    /// <summary>As the directory shows it.</summary>
    public Peer Peer => Host.Peer with { Address = $"127.0.0.1:{Link.Port}" };

    public static async Task<PushNodeDouble> StartAsync(int? port = null)
    {
        var delivery = new RecordingDelivery();
        PeerHost host = await PeerHost.StartAsync(PeerHost.Options(port ?? Ports.Next()), new DeliveryService(delivery, delivery, TimeProvider.System));
        return new PushNodeDouble(host) { Delivery = delivery };
    }

    public async ValueTask DisposeAsync()
    {
        Delivery.Gate?.TrySetResult();
        await Link.DisposeAsync();
        await Host.DisposeAsync();
    }
}
