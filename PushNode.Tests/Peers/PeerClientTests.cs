using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Peers;

internal sealed class PeerClientTests : IDisposable
{
    private const string Path = "/ask";

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly ClusterOptions options = PeerHost.Options(1);
    private readonly PeerClient client;

    public PeerClientTests() => client = new PeerClient(options, new ClusterSecret(PeerHost.Secret), PeerCertificates.None, new Node("caller:1"));

    public void Dispose() => client.Dispose();

    [Test]
    public async Task ARefusedConnection_HasArrivedNowhere()
    {
        PeerUnavailableException failure = await FailAsync(PeerAt(Ports.Next()));

        Assert.That((failure.MayHaveArrived, failure.IsOtherIncarnation, failure.IsForGood), Is.EqualTo((false, false, false)));
    }

    [Test]
    public async Task ANameThatIsNone_HasArrivedNowhere()
    {
        PeerUnavailableException failure = await FailAsync(new Peer("no-such-host.invalid:1", "x", Roles.All, "", 0, false, false));

        Assert.That(failure.MayHaveArrived, Is.False);
    }

    [Test]
    public async Task AConnectionThatIsNotTaken_HasArrivedNowhere()
    {
        options.Timeout = Long;
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var address = (IPEndPoint)listener.LocalEndPoint!;
        // When nobody takes what is in line, the system answers no further ones.
        var inLine = new List<TcpClient>();
        for (int i = 0; i < 3; i++)
        {
            inLine.Add(new TcpClient());
            _ = inLine[i].ConnectAsync(address.Address, address.Port).ContinueWith(static t => t.Exception, TaskScheduler.Default);
        }

        PeerUnavailableException failure = await FailAsync(PeerAt(address.Port));

        Assert.That(failure.MayHaveArrived, Is.False, failure.Message);
        inLine.ForEach(static c => c.Dispose());
    }

    [Test]
    public async Task ANodeThatNeverAnswers_IsGivenUpAfterTheTimeout()
    {
        options.Timeout = TimeSpan.FromMilliseconds(300);
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, NeverAsync));
        long start = Stopwatch.GetTimestamp();

        PeerUnavailableException failure = await FailAsync(host.Peer);

        Assert.That(failure.MayHaveArrived, Is.True);
        Assert.That(Stopwatch.GetElapsedTime(start), Is.GreaterThan(TimeSpan.FromMilliseconds(250)).And.LessThan(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public async Task ANodeThatIsStopped_IsNoticedByItsSilence_BeforeTheTimeout([Values] bool answeredBefore)
    {
        options.Timeout = Long;
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, static call => call.AnswerAsync(new byte[1]).AsTask()));
        await using var link = new TestLink(host.Internal.Port);
        if (answeredBefore)
            await client.CallAsync(PeerAt(link.Port), Path, default, CancellationToken.None);
        link.State = LinkState.Silent;
        long start = Stopwatch.GetTimestamp();

        PeerUnavailableException failure = await FailAsync(PeerAt(link.Port));

        Assert.That(failure.MayHaveArrived, Is.True);
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(15)));
        link.State = LinkState.Open;
        Assert.That(await client.CallAsync(PeerAt(link.Port), Path, default, CancellationToken.None), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task AConnectionCutInTheMiddle_MayHaveArrived()
    {
        options.Timeout = Long;
        var service = new CountedService(Path, NeverAsync);
        await using PeerHost cut = await PeerHost.StartAsync(service);
        await using var through = new TestLink(cut.Internal.Port);

        Task<PeerUnavailableException> failing = FailAsync(PeerAt(through.Port));
        await Eventually.BecomesTrueAsync(() => service.Calls == 1, "it has arrived");
        through.State = LinkState.Cut;

        Assert.That((await failing).MayHaveArrived, Is.True);
    }

    [Test]
    public async Task AnAnswerBrokenOff_IsTold([Values] bool inParts)
    {
        options.Timeout = Long;
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, static async call =>
        {
            await call.AnswerAsync(new byte[1]);
            await NeverAsync(call);
        }));
        await using var link = new TestLink(host.Internal.Port);
        using PeerAnswer begun = await client.OpenAsync(PeerAt(link.Port), Path, default, CancellationToken.None);

        Task reading = inParts
            ? begun.ReadAsync(new byte[10], Long, CancellationToken.None)
            : client.CallAsync(PeerAt(link.Port), Path, default, CancellationToken.None);
        link.State = LinkState.Cut;

        Assert.That(
            async () => await reading,
            Throws.TypeOf<PeerUnavailableException>().With.Property(nameof(PeerUnavailableException.MayHaveArrived)).True);
    }

    [Test]
    public async Task AnAnswerInParts_IsReadAsItComes()
    {
        var goOn = new TaskCompletionSource();
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, async call =>
        {
            await call.AnswerAsync(new byte[] { 1 });
            await goOn.Task;
            await call.AnswerAsync(new byte[] { 2, 3 });
        }));

        using PeerAnswer answer = await client.OpenAsync(host.Peer, Path, default, CancellationToken.None);
        byte[] first = new byte[1];
        Assert.That(await answer.ReadAsync(first, Long, CancellationToken.None), Is.EqualTo(1));
        byte[] rest = new byte[10];
        Assert.That(
            async () => await answer.ReadAsync(rest, TimeSpan.FromMilliseconds(100), CancellationToken.None),
            Throws.TypeOf<PeerUnavailableException>().With.Property(nameof(PeerUnavailableException.MayHaveArrived)).True);
        goOn.SetResult();

        Assert.That(first, Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public async Task AnAnswerThatIsTooLong_IsNotTaken()
    {
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, static async call =>
        {
            byte[] part = new byte[1024 * 1024];
            for (int i = 0; i <= PeerProtocol.MaxBody / part.Length; i++)
                await call.AnswerAsync(part);
        }));
        options.Timeout = Long;

        PeerUnavailableException failure = await FailAsync(host.Peer);

        Assert.That(failure.Message, Does.Contain("broke off"));
    }

    [Test]
    public async Task AnotherIncarnation_IsTold()
    {
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, NeverAsync));
        Peer before = host.Peer;
        host.Node.Renew();

        PeerUnavailableException failure = await FailAsync(before);

        Assert.That((failure.IsOtherIncarnation, failure.MayHaveArrived), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task WhatTheNodeSaysOfItsTrouble_IsHandedOn()
    {
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, static call => call.AnswerUnavailableAsync("the disk is full")));

        PeerUnavailableException failure = await FailAsync(host.Peer);

        Assert.That((failure.Reason, failure.MayHaveArrived, failure.IsForGood), Is.EqualTo(("the disk is full", false, false)));
    }

    [Test]
    public async Task AMalformedRequest_IsRefusedForGood()
    {
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, static _ => throw new MalformedPeerBodyException(7, "nonsense")));

        PeerUnavailableException failure = await FailAsync(host.Peer);

        Assert.That((failure.IsForGood, failure.MayHaveArrived), Is.EqualTo((true, false)));
        Assert.That(failure.Message, Does.Contain("nonsense"));
    }

    [Test]
    public async Task ACallThatIsCancelled_IsCancelled()
    {
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, NeverAsync));
        using var cancelled = new CancellationTokenSource();
        Task<byte[]> call = client.CallAsync(host.Peer, Path, default, cancelled.Token);
        await cancelled.CancelAsync();

        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
    }

    private static Peer PeerAt(int port) => new($"127.0.0.1:{port}", "", Roles.All, "", 0, false, false);

    private static Task NeverAsync(PeerCall call) => Task.Delay(Timeout.InfiniteTimeSpan, call.Aborted);

    private async Task<PeerUnavailableException> FailAsync(Peer peer)
    {
        try
        {
            await client.CallAsync(peer, Path, new byte[] { 1, 2, 3 }, CancellationToken.None);
        }
        catch (PeerUnavailableException e)
        {
            return e;
        }

        throw new AssertionException("it was answered");
    }
}
