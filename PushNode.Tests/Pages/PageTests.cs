using System.Net;
using PushNode.Tests.Hosting;
using PushNode.Tests.Support;

namespace PushNode.Tests.Pages;

internal sealed class PageTests
{
    private static IEnumerable<TestCaseData> Files =>
    [
        new("/", "text/html"),
        new("/theme.css", "text/css"),
        .. Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "PushNode", "Pages", "demo"), "*.css").Select(f => new TestCaseData($"/demo/{Path.GetFileName(f)}", "text/css")),
        .. Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "PushNode", "Pages", "demo"), "*.js").Select(f => new TestCaseData($"/demo/{Path.GetFileName(f)}", "text/javascript")),
    ];

    [TestCaseSource(nameof(Files))]
    public async Task Page_IsServed_AndMayLoadNothingFromElsewhere(string path, string contentType)
    {
        await using RunningNode node = await RunningNode.StartAsync();

        using HttpResponseMessage response = await node.Http.GetAsync(new Uri(path, UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo(contentType));
        Assert.That(response.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'none'").And.Not.Contains("unsafe"));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Contain("innerHTML").And.Not.Contains("https://").And.Not.Contains("{{"));
    }

    [TestCase("tryout")]
    [TestCase("keys", "Auth:Jwt:Secret=0123456789abcdef0123456789abcdef")]
    public async Task Page_KnowsWhetherItMayFetchTokens(string mode, params string[] settings)
    {
        await using RunningNode node = await RunningNode.StartAsync(settings);

        Assert.That(await node.Http.GetStringAsync(new Uri("/", UriKind.Relative)), Does.Contain($"data-mode=\"{mode}\""));
    }

    [TestCase("yes")]
    [TestCase("no", "Roles=auth,push")]
    public async Task Page_KnowsWhetherTheNodeTakesMessages(string collects, params string[] settings)
    {
        await using RunningNode node = await RunningNode.StartAsync(settings);

        Assert.That(await node.Http.GetStringAsync(new Uri("/", UriKind.Relative)), Does.Contain($"data-collect=\"{collects}\"").And.Contain("has no collect role"));
    }

    [Test]
    public async Task Page_Unchanged_Is304()
    {
        await using RunningNode node = await RunningNode.StartAsync();
        using HttpResponseMessage first = await node.Http.GetAsync(new Uri("/demo/demo.js", UriKind.Relative));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/demo/demo.js") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };

        using HttpResponseMessage second = await node.Http.SendAsync(request);

        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
    }

    [Test]
    public async Task Page_OnANodeWithoutConnections_IsNotThere()
    {
        await using RunningNode node = await RunningNode.StartAsync(["Roles=auth"]);

        using HttpResponseMessage response = await node.Http.GetAsync(new Uri("/", UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }
}
