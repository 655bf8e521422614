using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Storage;
using PushNode.Tests.Collect;

namespace PushNode.Tests.Hosting;

internal sealed class NodeTests
{
    [TestCase("/healthz", "ok")]
    [TestCase("/readyz", "ready")]
    public async Task Health_OfANodeThatIsWell_Is200(string path, string status)
    {
        await using RunningNode node = await RunningNode.StartAsync();

        using HttpResponseMessage response = await node.Http.GetAsync(new Uri(path, UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo($$"""{"status":"{{status}}"}"""));
        Assert.That(response.Headers.CacheControl!.NoStore, Is.True);
        Assert.That(response.Headers.Contains("Server"), Is.False);
    }

    [Test]
    public async Task Readiness_NamesEveryReason_AndTheProcessIsAliveAllTheSame()
    {
        await using RunningNode node = await RunningNode.StartAsync(overrides: static services => services
            .AddSingleton<IReadinessCheck>(new Check("store", "the disk is full"))
            .AddSingleton<IReadinessCheck>(new Check("fine", null))
            .AddSingleton<IReadinessCheck>(new Check("auth", "no keys yet")));

        using HttpResponseMessage ready = await node.Http.GetAsync(new Uri("/readyz", UriKind.Relative));
        using HttpResponseMessage alive = await node.Http.GetAsync(new Uri("/healthz", UriKind.Relative));

        Assert.That(await DetailAsync(ready, 503), Is.EqualTo("store: the disk is full; auth: no keys yet"));
        Assert.That(ready.Headers.RetryAfter, Is.Not.Null);
        Assert.That(alive.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task UnknownPath_Is404_AsAProblem()
    {
        await using RunningNode node = await RunningNode.StartAsync();

        using HttpResponseMessage response = await node.Http.GetAsync(new Uri("/nothing/here", UriKind.Relative));

        Assert.That(await DetailAsync(response, 404), Is.EqualTo("there is nothing at /nothing/here"));
    }

    [Test]
    public async Task WrongMethod_Is405_AndSaysWhichAreRight()
    {
        await using RunningNode node = await RunningNode.StartAsync();

        using HttpResponseMessage response = await node.Http.PostAsync(new Uri("/healthz", UriKind.Relative), null);

        Assert.That(await DetailAsync(response, 405), Does.Contain("takes GET, HEAD"));
        Assert.That(response.Content.Headers.Allow, Is.EquivalentTo(new[] { "GET", "HEAD" }));
    }

    [Test]
    public async Task IdleConnections_AreKeptLongerThanProxiesKeepTheirs()
    {
        await using RunningNode node = await RunningNode.StartAsync();

        Assert.That(node.App.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.KeepAliveTimeout, Is.EqualTo(TimeSpan.FromSeconds(130)), "as the documentation says");
    }

    [Test]
    public async Task ABodyThatTrickles_Is408_AndSaysHowFastItMustCome()
    {
        await using RunningNode node = await RunningNode.StartAsync(overrides: static services => services
            .Configure<KestrelServerOptions>(static kestrel => kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(1.1))));
        using var http = await RawHttp.ConnectAsync(new Uri(node.Origin).Port);

        await http.StartAsync("/collect");
        await http.SendChunkAsync("{");

        Assert.That(await http.ReadHeadAsync(), Does.StartWith("HTTP/1.1 408 ").And.Contain("application/problem+json"));
        Assert.That(await http.ReadRestAsync(), Does.Contain("\"code\":\"too_slow\"").And.Contain("after 5 s it must come at 240 bytes a second at least"));
    }

    [Test]
    public async Task TheSlowestBody_IsAsTheDocumentationSays()
    {
        await using RunningNode node = await RunningNode.StartAsync();
        MinDataRate? rate = node.App.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.MinRequestBodyDataRate;

        Assert.That((rate?.BytesPerSecond, rate?.GracePeriod), Is.EqualTo((240d, TimeSpan.FromSeconds(5))));
    }

    [Test]
    public async Task Fault_Is500_WithoutItsDetails()
    {
        await using RunningNode node = await RunningNode.StartAsync(map: static app => app.MapGet("/fault", (RequestDelegate)(static _ => throw new InvalidOperationException("secret"))));

        using HttpResponseMessage response = await node.Http.GetAsync(new Uri("/fault", UriKind.Relative));

        Assert.That(await DetailAsync(response, 500), Does.Not.Contain("secret"));
    }

    [Test]
    public async Task StoreAway_Is503_WithRetryAfter()
    {
        await using RunningNode node = await RunningNode.StartAsync(map: static app => app.MapGet("/store", (RequestDelegate)(static _ => throw new StoreUnavailableException("disk full"))));

        using HttpResponseMessage response = await node.Http.GetAsync(new Uri("/store", UriKind.Relative));

        Assert.That(await DetailAsync(response, 503), Does.Contain("disk full"));
        Assert.That(response.Headers.RetryAfter, Is.Not.Null);
    }

    [Test]
    public async Task AnotherNodeAway_Is503_WithRetryAfter()
    {
        await using RunningNode node = await RunningNode.StartAsync(
            map: static app => app.MapGet("/peer", (RequestDelegate)(static _ => throw new PeerUnavailableException("no node that dispatches can be asked", mayHaveArrived: false))));

        using HttpResponseMessage response = await node.Http.GetAsync(new Uri("/peer", UriKind.Relative));

        Assert.That(await DetailAsync(response, 503), Does.Contain("no node that dispatches"));
        Assert.That(response.Headers.RetryAfter, Is.Not.Null);
    }

    [TestCase("evil.example", HttpStatusCode.Forbidden)]
    [TestCase("localhost.evil.example:80", HttpStatusCode.Forbidden)]
    [TestCase("localhost:1234", HttpStatusCode.OK)]
    [TestCase("[::1]", HttpStatusCode.OK)]
    [TestCase("127.0.0.2:80", HttpStatusCode.OK)]
    public async Task OpenNode_AnswersOnlyToLoopbackNames(string host, HttpStatusCode status)
    {
        await using RunningNode node = await RunningNode.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { Host = host } };

        using HttpResponseMessage response = await node.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(status));
    }

    [Test]
    public async Task NodeWithKeys_AnswersToAnyName()
    {
        await using RunningNode node = await RunningNode.StartAsync(["Collect:ApiKeys=0123456789abcdef0123456789abcdef", "Auth:Jwt:Secret=0123456789abcdef0123456789abcdef"]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { Host = "push.example.com" } };

        using HttpResponseMessage response = await node.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Node_StoppedByItsHost_ReleasesItsPort()
    {
        await using RunningNode first = await RunningNode.StartAsync();
        string origin = first.Origin;
        await first.App.StopAsync();

        await using RunningNode second = await RunningNode.StartAsync([$"Urls={origin}"]);

        Assert.That(second.Origin, Is.EqualTo(origin));
    }

    [Test]
    public async Task DataFolder_IsMadeForItsOwnerOnly()
    {
        await using RunningNode node = await RunningNode.StartAsync();

        Assert.That(Directory.Exists(node.Data), Is.True);
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(node.Data), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
    }

    [Test]
    public async Task Overrides_ReplaceTheClock()
    {
        var time = new Support.ManualTime();
        await using RunningNode node = await RunningNode.StartAsync(overrides: services => services.AddSingleton<TimeProvider>(time));

        Assert.That(node.App.Services.GetRequiredService<TimeProvider>(), Is.SameAs(time));
    }

    internal static async Task<string> DetailAsync(HttpResponseMessage response, int status)
    {
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        Assert.That(problem.RootElement.GetProperty("status").GetInt32(), Is.EqualTo(status));
        return problem.RootElement.GetProperty("detail").GetString()!;
    }

    private sealed record Check(string Name, string? Reason) : IReadinessCheck;
}
