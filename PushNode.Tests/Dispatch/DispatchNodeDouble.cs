using PushNode.Dispatch;
using PushNode.Dispatch.Remote;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Peers;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

/// <summary>A dispatch node's internal listener behind a link that can be cut, with a double of what dispatches behind it.</summary>
internal sealed class DispatchNodeDouble : IDispatcher, IAsyncDisposable
{
    private readonly RecordingDelivery deliveries = new();
    private PeerHost host = null!;

    public TestLink Link { get; private set; } = null!;

    /// <summary>What it was brought; answered as a <see cref="RecordingDelivery"/> answers.</summary>
    public RecordingDelivery Brought => deliveries;

    public Peer Peer => host.Peer with { Address = $"127.0.0.1:{Link.Port}", Roles = Roles.Dispatch };

    public static async Task<DispatchNodeDouble> StartAsync()
    {
        var node = new DispatchNodeDouble();
        node.host = await PeerHost.StartAsync(new DispatchService(node, TimeProvider.System));
        node.Link = new TestLink(node.host.Internal.Port);
        return node;
    }

    public void Restart() => host.Node.Renew();

    public ValueTask DispatchAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken) => deliveries.DeliverAsync(batch, cancellationToken);

    public ValueTask<NodeAnswers<IReadOnlyList<ConnectionDetails>>> FindConnectionsAsync(string userId, CancellationToken cancellationToken) =>
        deliveries.FindConnectionsAsync(userId, cancellationToken);

    public ValueTask<NodeAnswers<int>> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken) =>
        deliveries.DisconnectAsync(userId, device, cancellationToken);

    public ValueTask<IReadOnlyList<string>> AnnounceRevocationAsync(string userId, long before, CancellationToken cancellationToken) =>
        deliveries.RevokeAsync(userId, before, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        deliveries.Gate?.TrySetResult();
        await Link.DisposeAsync();
        await host.DisposeAsync();
    }
}
