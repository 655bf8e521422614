using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PushNode.Tests.Hosting;

namespace PushNode.Tests.Admin;

internal sealed class DrainEndpointTests
{
    private const string Key = "an-admin-key-of-the-tests";

    [TestCase(null, null, HttpStatusCode.Accepted)]
    [TestCase(Key, Key, HttpStatusCode.Accepted)]
    [TestCase(Key, null, HttpStatusCode.Unauthorized)]
    [TestCase(Key, "another-key-than-that-one", HttpStatusCode.Unauthorized)]
    public async Task Drain_EndsTheNode_ForWhoeverHasTheKey(string? key, string? shown, HttpStatusCode status)
    {
        await using RunningNode node = await RunningNode.StartAsync(key is null ? [] : [$"Admin:Key={key}"]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "admin/drain");
        if (shown is not null)
            request.Headers.Authorization = new("Bearer", shown);

        using HttpResponseMessage answer = await node.Http.SendAsync(request);

        Assert.That(answer.StatusCode, Is.EqualTo(status));
        CancellationToken stopping = node.App.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        if (status == HttpStatusCode.Accepted)
            await Support.Eventually.BecomesTrueAsync(() => stopping.IsCancellationRequested, "the node stops");
        else
            Assert.That(stopping.IsCancellationRequested, Is.False);
    }

    [TestCase("?window=60", "", "bad_parameter")]
    [TestCase("?node=local&node=local", "", "bad_parameter")]
    [TestCase("", "{\"window\":60}", "malformed")]
    public async Task Drain_WithWhatItDoesNotTake_IsRefused(string query, string body, string code)
    {
        await using RunningNode node = await RunningNode.StartAsync();
        using var content = new StringContent(body);

        using HttpResponseMessage answer = await node.Http.PostAsync(new Uri("admin/drain" + query, UriKind.Relative), content);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain($"\"{code}\""));
        Assert.That(node.App.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task Drain_OfANodeAlone_ByItsAddress_IsItsOwn_AndThereIsNoOther()
    {
        await using RunningNode node = await RunningNode.StartAsync();
        CancellationToken stopping = node.App.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

        using HttpResponseMessage unknown = await node.Http.PostAsync(new Uri("admin/drain?node=10.0.0.5:8081", UriKind.Relative), null);
        Assert.That((unknown.StatusCode, stopping.IsCancellationRequested), Is.EqualTo((HttpStatusCode.NotFound, false)));
        Assert.That(await unknown.Content.ReadAsStringAsync(), Does.Contain("\"unknown_node\""));
        using HttpResponseMessage own = await node.Http.PostAsync(new Uri("admin/drain?node=local", UriKind.Relative), null);

        Assert.That((own.StatusCode, await own.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.Accepted, """{"status":"draining","node":"local"}""")));
        await Support.Eventually.BecomesTrueAsync(() => stopping.IsCancellationRequested, "the node stops");
    }

    [Test]
    public async Task Drain_ByAnotherName_NeedsTheAdminKey_AndSaysSo()
    {
        await using RunningNode node = await RunningNode.StartAsync(["Collect:ApiKeys=0123456789abcdef0123456789abcdef", "Auth:Jwt:Secret=0123456789abcdef0123456789abcdef"]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "admin/drain") { Headers = { Host = "push.example" } };

        using HttpResponseMessage answer = await node.Http.SendAsync(request);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("foreign_host").And.Contain("set Admin:Key to use").And.Not.Contain("Collect:ApiKeys"));
    }

    [Test]
    public async Task Drain_FromAForeignPage_IsRefused()
    {
        await using RunningNode node = await RunningNode.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "admin/drain") { Headers = { { "Origin", "https://evil.example" } } };

        using HttpResponseMessage answer = await node.Http.SendAsync(request);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task Drain_OnAReachableNodeWithoutAKey_IsRefused()
    {
        await using RunningNode node = await RunningNode.StartAsync(["Urls=http://*:0", "Collect:ApiKeys=0123456789abcdef0123456789abcdef", "Auth:Jwt:Secret=0123456789abcdef0123456789abcdef"]);

        using HttpResponseMessage answer = await node.Http.PostAsync(new Uri($"http://127.0.0.1:{new Uri(node.Origin.Replace("[::]", "127.0.0.1", StringComparison.Ordinal)).Port}/admin/drain"), null);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("no_admin_key"));
    }

    [TestCase("Admin:Key=short")]
    [TestCase("Admin:Key=with spaces in the key")]
    public void Key_ThatIsNone_StopsTheStart(string setting) =>
        Assert.That(async () => await RunningNode.StartAsync([setting]), Throws.Exception.With.Message.Contains("Admin:Key is no key"));
}
