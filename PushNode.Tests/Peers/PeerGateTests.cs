using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using PushNode.Peers;

namespace PushNode.Tests.Peers;

internal sealed class PeerGateTests
{
    private const string Path = "/echo";

    [Test]
    public async Task WhoIsLetIn_IsAnswered_AndToldTheIncarnation([Values] bool naming)
    {
        await using PeerHost host = await EchoAsync();

        (HttpStatusCode status, string body, string? incarnation) = await PostAsync(host, "hello"u8.ToArray(), incarnation: naming ? host.Node.Incarnation : null);

        Assert.That((status, body, incarnation), Is.EqualTo((HttpStatusCode.OK, "hello", host.Node.Incarnation)));
    }

    [TestCase("the-secret-of-a-tesT")]
    [TestCase("")]
    [TestCase(null)]
    public async Task AWrongSecret_Is401_AndLogged_ButNotEachTime(string? secret)
    {
        await using PeerHost host = await EchoAsync();

        await PostAsync(host, [], secret: secret);
        (HttpStatusCode status, string body, _) = await PostAsync(host, [], secret: secret);

        Assert.That(status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(body, Does.Contain("Cluster:Secret"));
        Assert.That(host.Log.At(LogLevel.Warning), Has.One.Contains("10.9.8.7:1").And.Contains("Cluster:Secret"));
        Assert.That(host.Log.At(LogLevel.Warning), Has.None.Contains(PeerHost.Secret));
    }

    [Test]
    public async Task ACallerThatHasGone_IsNoError_ThoughTheRequestHasNotBeenToldYet()
    {
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, static _ => throw new ConnectionAbortedException("the connection was aborted")));

        Assert.That(async () => await PostAsync(host, []), Throws.InstanceOf<HttpRequestException>(), "nothing does not look like an answer");
        Assert.That(host.Log.At(LogLevel.Error), Is.Empty);
    }

    [TestCase("2")]
    [TestCase("")]
    [TestCase(null)]
    public async Task AnotherVersion_Is426_AndLogged(string? version)
    {
        await using PeerHost host = await EchoAsync();

        (HttpStatusCode status, string body, _) = await PostAsync(host, [], version: version);

        Assert.That(status, Is.EqualTo(HttpStatusCode.UpgradeRequired));
        Assert.That(host.Log.At(LogLevel.Warning), Has.One.Contains(body));
    }

    [Test]
    public async Task AnotherIncarnation_Is409_AndTheSecretComesFirst()
    {
        await using PeerHost host = await EchoAsync();
        string before = host.Node.Incarnation;
        host.Node.Renew();

        (HttpStatusCode status, string body, string? incarnation) = await PostAsync(host, [], incarnation: before);
        (HttpStatusCode unknown, _, _) = await PostAsync(host, [], incarnation: before, secret: "guessing");

        Assert.That(status, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(body, Does.Contain(before).And.Contain(host.Node.Incarnation));
        Assert.That(incarnation, Is.EqualTo(host.Node.Incarnation));
        Assert.That(unknown, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("/other")]
    [TestCase("/")]
    [TestCase("/echo/")]
    [TestCase("/collect")]
    public async Task AnUnknownPath_Is404(string path)
    {
        await using PeerHost host = await EchoAsync();

        (HttpStatusCode status, string body, _) = await PostAsync(host, [], path);

        Assert.That(status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(body, Is.Not.EqualTo(PeerHost.PublicAnswer));
    }

    [Test]
    public async Task ABodyWithoutALength_Is413()
    {
        await using PeerHost host = await EchoAsync();

        (HttpStatusCode status, _, _) = await PostAsync(host, new UnendingContent(0));

        Assert.That(status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task ABodyThatIsTooLong_Is413_BeforeItHasCome()
    {
        await using PeerHost host = await EchoAsync();

        (HttpStatusCode status, _, _) = await PostAsync(host, new UnendingContent(PeerProtocol.MaxBody + 1));

        Assert.That(status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task ABodyThatIsMalformed_Is400_AndLogged()
    {
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, static call =>
        {
            new PeerReader(call.Body.Span).Long();
            return Task.CompletedTask;
        }));

        (HttpStatusCode status, string body, _) = await PostAsync(host, [1, 2, 3]);

        Assert.That(status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(body, Does.Contain("malformed"));
        Assert.That(host.Log.At(LogLevel.Warning), Has.One.Contains("malformed"));
    }

    [Test]
    public async Task ABodyThatIsCutOff_IsNotAnswered_AndHarmsNobody()
    {
        var service = new CountedService(Path, static _ => Task.CompletedTask);
        await using PeerHost host = await PeerHost.StartAsync(service);
        using var cut = new CancellationTokenSource();
        var body = new UnendingContent(1000);

        Task<(HttpStatusCode, string, string?)> posted = PostAsync(host, body, cancellationToken: cut.Token);
        await body.Begun;
        await cut.CancelAsync();

        Assert.That(async () => await posted, Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await PostAsync(host, [])).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(service.Calls, Is.EqualTo(1));
        Assert.That(host.Log.At(LogLevel.Error), Is.Empty);
    }

    [Test]
    public async Task ABodyThatEndsEarly_IsRefused_AndNoFaultOfOurs()
    {
        var service = new CountedService(Path, static _ => Task.CompletedTask);
        await using PeerHost host = await PeerHost.StartAsync(service);
        using RawHttp2 http = await RawHttp2.ConnectAsync(host.Internal);

        await http.PostAsync(Path, contentLength: 100, new byte[10]);

        Assert.That(await http.IsResetAsync().WaitAsync(TimeSpan.FromSeconds(10)), Is.True);
        Assert.That((await PostAsync(host, [])).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(service.Calls, Is.EqualTo(1));
        Assert.That(host.Log.At(LogLevel.Error), Is.Empty);
    }

    [Test]
    public async Task AFault_Is500_AndLogged()
    {
        await using PeerHost host = await PeerHost.StartAsync(new CountedService(Path, static _ => throw new InvalidOperationException("a secret of ours")));

        (HttpStatusCode status, string body, _) = await PostAsync(host, []);

        Assert.That(status, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(body, Does.Not.Contain("a secret"));
        Assert.That(host.Log.At(LogLevel.Error), Has.One.Contains(Path));
    }

    [Test]
    public async Task ThePublicListener_NeverAnswersWhatIsInternal_NorTheInternalOneWhatIsPublic()
    {
        var service = new CountedService(Path, static _ => Task.CompletedTask);
        await using PeerHost host = await PeerHost.StartAsync(service);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Public, Path)) { Content = new ByteArrayContent([]) };
        AddHeaders(request, PeerProtocol.Version, PeerHost.Secret, host.Node.Incarnation);

        using HttpResponseMessage answer = await http.SendAsync(request);

        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo(PeerHost.PublicAnswer));
        Assert.That(service.Calls, Is.Zero);
        (HttpStatusCode status, string body, _) = await PostAsync(host, [], "/");
        Assert.That((status, body), Is.Not.EqualTo((HttpStatusCode.OK, PeerHost.PublicAnswer)));
    }

    [Test]
    public async Task TheInternalListener_SpeaksNothingButHttp2()
    {
        await using PeerHost host = await EchoAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(host.Internal.Host, host.Internal.Port);
        await client.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());

        using var answer = new MemoryStream();
        try
        {
            await client.GetStream().CopyToAsync(answer).WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (IOException)
        {
            // Reset instead of closed.
        }

        Assert.That(System.Text.Encoding.ASCII.GetString(answer.ToArray()), Does.Not.Contain("200").And.Not.Contain(PeerHost.PublicAnswer));
    }

    [Test]
    public async Task ManyAtOnce_GetTheirOwnAnswers()
    {
        await using PeerHost host = await EchoAsync();
        using var client = new PeerClient(PeerHost.Options(1), new ClusterSecret(PeerHost.Secret), PeerCertificates.None, new Node("caller:1"));

        byte[][] bodies = [.. Enumerable.Range(0, 500).Select(static i => Enumerable.Repeat((byte)i, i * 100).ToArray())];
        byte[][] answers = await Task.WhenAll(bodies.Select(body => client.CallAsync(host.Peer, Path, body, CancellationToken.None)));

        Assert.That(answers, Is.EqualTo(bodies));
    }

    private static Task<PeerHost> EchoAsync() => PeerHost.StartAsync(new CountedService(Path, static call => call.AnswerAsync(call.Body).AsTask()));

    private static Task<(HttpStatusCode Status, string Body, string? Incarnation)> PostAsync(
        PeerHost host, byte[] body, string path = Path, string? version = PeerProtocol.Version, string? secret = PeerHost.Secret, string? incarnation = null) =>
        PostAsync(host, new ByteArrayContent(body), path, version, secret, incarnation);

    private static async Task<(HttpStatusCode Status, string Body, string? Incarnation)> PostAsync(
        PeerHost host, HttpContent body, string path = Path, string? version = PeerProtocol.Version, string? secret = PeerHost.Secret, string? incarnation = null, CancellationToken cancellationToken = default)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Internal, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        AddHeaders(request, version, secret, incarnation);
        using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        string? told = answer.Headers.TryGetValues(PeerProtocol.IncarnationHeader, out IEnumerable<string>? values) ? values.Single() : null;
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellationToken), told);
    }

    private static void AddHeaders(HttpRequestMessage request, string? version, string? secret, string? incarnation)
    {
        request.Headers.TryAddWithoutValidation(PeerProtocol.FromHeader, "10.9.8.7:1");
        if (version is not null)
            request.Headers.TryAddWithoutValidation(PeerProtocol.VersionHeader, version);
        if (secret is not null)
            request.Headers.TryAddWithoutValidation(PeerProtocol.SecretHeader, secret);
        if (incarnation is not null)
            request.Headers.TryAddWithoutValidation(PeerProtocol.IncarnationHeader, incarnation);
    }

    /// <summary>A body that begins and never ends; of a length that it tells, or 0 for one that tells none.</summary>
    private sealed class UnendingContent(long told) : HttpContent
    {
        private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => begun.Task;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(new byte[10], cancellationToken);
            await stream.FlushAsync(cancellationToken);
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = told;
            return told > 0;
        }
    }
}
