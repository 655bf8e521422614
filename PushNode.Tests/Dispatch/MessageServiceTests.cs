using PushNode.Dispatch.Remote;
using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Tests.Dispatch;

/// <summary>What a node answers to bodies that are not what they should be.</summary>
internal sealed class MessageServiceTests : IDisposable
{
    private readonly LinkParts parts = new();

    private delegate void Reading(ReadOnlySpan<byte> body);

    public void Dispose() => parts.Dispose();

    [Test]
    public void EveryPrefixOfMessages_IsMalformed()
    {
        var parcel = new Parcel(parts.Metrics);
        parcel.TryAdd(new Queued(TestMessages.Stored(1), 0));
        parcel.TryAdd(new Queued(TestMessages.Ephemeral(new DeliveryReport(1)), 0));
        parcel.TryAdd(new Queued(TestMessages.Stored(2, new DeliveryReport(1)), 0));

        AssertPrefixes(parcel.Encode(reconcile: true).ToArray(), static body => MessageBodies.ReadMessages(body, out _));
    }

    [Test]
    public void EveryPrefixOfReports_IsMalformed()
    {
        var body = new PeerWriter();
        MessageBodies.WriteReports(body, [new DeliveryReport(1), new DeliveryReport(1)]);

        AssertPrefixes(body.Written.ToArray(), static answer => MessageBodies.ReadReports(answer, 2));
    }

    [Test]
    public void EveryPrefixOfWhatIsAsked_IsMalformed()
    {
        ConnectionDetails connection = new("c1", "n1", "phone", "websocket", 5);
        AssertPrefixes(UserProtocol.User("alice").Written.ToArray(), static body => UserProtocol.ReadUser(body));
        AssertPrefixes(UserProtocol.Connections(new([connection, connection], ["10.0.0.7:8081"])).Written.ToArray(), static body => UserProtocol.ReadConnections(body));
        AssertPrefixes(UserProtocol.Disconnect("alice", "phone").Written.ToArray(), static body => UserProtocol.ReadDisconnect(body));
        AssertPrefixes(UserProtocol.Disconnect("alice", null).Written.ToArray(), static body => UserProtocol.ReadDisconnect(body));
        AssertPrefixes(UserProtocol.Disconnected(new(3, ["10.0.0.7:8081", "10.0.0.8:8081"])).Written.ToArray(), static body => UserProtocol.ReadDisconnected(body));
        AssertPrefixes(UserProtocol.Untold(["10.0.0.7:8081"]).Written.ToArray(), static body => UserProtocol.ReadUntold(body));
        AssertPrefixes(UserProtocol.Revoked([new("alice", 5), new("bob", 6)]).Written.ToArray(), static body => UserProtocol.ReadRevoked(body));
    }

    [TestCase("al ice", "phone")]
    [TestCase("", "phone")]
    [TestCase("alice", "my phone")]
    [TestCase("alice", "")]
    public void NamesThatAreNone_AreMalformed(string user, string device)
    {
        Assert.That(() => UserProtocol.ReadDisconnect(UserProtocol.Disconnect(user, device).Written.Span), Throws.TypeOf<MalformedPeerBodyException>());
    }

    [Test]
    public void ANegativeNumberOfConnections_IsMalformed() =>
        Assert.That(() => UserProtocol.ReadDisconnected(UserProtocol.Disconnected(new(-1, [])).Written.Span), Throws.TypeOf<MalformedPeerBodyException>());

    [TestCase("/deliver")]
    [TestCase("/deliver/connections")]
    [TestCase("/deliver/disconnect")]
    [TestCase("/deliver/revoked")]
    [TestCase("/dispatch")]
    [TestCase("/dispatch/connections")]
    [TestCase("/dispatch/disconnect")]
    [TestCase("/dispatch/revoked")]
    public async Task AMalformedRequest_IsRefused_AndDoesNothing(string path)
    {
        await using PushNodeDouble push = await PushNodeDouble.StartAsync();
        await using DispatchNodeDouble dispatch = await DispatchNodeDouble.StartAsync();
        bool delivers = path.StartsWith("/deliver", StringComparison.Ordinal);
        Peer peer = delivers ? push.Peer : dispatch.Peer;

        foreach (byte[] body in (byte[][])[[], [255], [0], [2, 0, 0, 0, 0], [0, 255, 255, 255, 255], [0, 255, 255, 255, 127, 0], [.. Enumerable.Repeat((byte)0x61, 64)]])
        {
            Assert.That(
                async () => await parts.Client.CallAsync(peer, path, body, CancellationToken.None),
                Throws.TypeOf<PeerUnavailableException>().With.Property(nameof(PeerUnavailableException.IsForGood)).True,
                Convert.ToHexString(body));
        }

        RecordingDelivery behind = delivers ? push.Delivery : dispatch.Brought;
        Assert.That((behind.Delivered.Count, behind.Asked.Count, behind.Reconciled), Is.EqualTo((0, 0, 0)));
    }

    [Test]
    public async Task WhatWasTaken_IsDelivered_ThoughItsSenderHasDied()
    {
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        node.Brought.Gate = new TaskCompletionSource();
        var parcel = new Parcel(parts.Metrics);
        var report = new DeliveryReport(1);
        parcel.TryAdd(new Queued(TestMessages.Stored(1, report), 0));
        using var died = new CancellationTokenSource();
        Task call = parts.Client.CallAsync(node.Peer, MessageProtocol.Dispatch, parcel.Encode(reconcile: false), died.Token);
        await LinkParts.ArrivesAsync(node.Brought, 1);
        Message taken = node.Brought.Delivered.Single();

        await died.CancelAsync();
        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
        node.Brought.Gate.SetResult();

        Assert.That(await LinkParts.SettledAsync(taken.Report!), Is.EqualTo(1));
    }

    private static void AssertPrefixes(byte[] whole, Reading read)
    {
        read(whole);
        for (int length = 0; length < whole.Length; length++)
            Assert.That(() => read(whole.AsSpan(0, length)), Throws.TypeOf<MalformedPeerBodyException>(), $"{length} of {whole.Length} bytes");
        Assert.That(() => read([.. whole, 0]), Throws.TypeOf<MalformedPeerBodyException>(), "a byte too many");
    }
}
