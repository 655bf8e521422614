using PushNode.Tests.Support;

namespace PushNode.Tests.Collect;

/// <summary>Every producer endpoint asks the guard.</summary>
internal sealed class ProducerAccessTests
{
    private const string Key = "0123456789abcdef-right";

    [TestCase("POST", "/collect")]
    [TestCase("POST", "/collect/batch")]
    [TestCase("GET", "/messages/all/1")]
    public async Task Key_IsNeeded_OnEveryEndpoint(string method, string path)
    {
        await using CollectNode node = await CollectNode.StartAsync(("ApiKeys:0", Key));

        foreach ((string? name, string? value, bool accepted) in new[]
        {
            ((string?)null, (string?)null, false),
            ("X-Api-Key", "0123456789abcdef-wrong", false),
            ("Authorization", $"Basic {Key}", false),
            ("X-Api-Key", Key, true),
            ("Authorization", $"bearer {Key}", true),
        })
        {
            using HttpResponseMessage response = await SendAsync(node, method, path, name, value);

            Assert.That((int)response.StatusCode, accepted ? Is.Not.EqualTo(401) : Is.EqualTo(401), $"{name}: {value}");
            Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Contain("0123456789abcdef"));
        }
    }

    [TestCase("POST", "/collect")]
    [TestCase("POST", "/collect/batch")]
    [TestCase("GET", "/messages/all/1")]
    public async Task ForeignPagesAndHosts_AreRefused_OnEveryEndpoint(string method, string path)
    {
        await using CollectNode node = await CollectNode.StartAsync();

        using HttpResponseMessage foreign = await SendAsync(node, method, path, "Origin", "http://evil.example");
        using HttpResponseMessage rebound = await SendAsync(node, method, path, "Host", $"evil.example:{node.Port}");
        using HttpResponseMessage own = await SendAsync(node, method, path, "Origin", $"http://127.0.0.1:{node.Port}");

        Assert.That((int)foreign.StatusCode, Is.EqualTo(403));
        Assert.That((int)rebound.StatusCode, Is.EqualTo(403));
        Assert.That((int)own.StatusCode, Is.Not.EqualTo(403));
    }

    [Test]
    public async Task KeyFile_IsTaken()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("keys"), $"# ours\n\n{Key}\n");
        await using CollectNode node = await CollectNode.StartAsync(("ApiKeysFile", folder.File("keys")));

        using HttpResponseMessage without = await SendAsync(node, "POST", "/collect", null, null);
        using HttpResponseMessage with = await SendAsync(node, "POST", "/collect", "X-Api-Key", Key);

        Assert.That((int)without.StatusCode, Is.EqualTo(401));
        Assert.That((int)with.StatusCode, Is.EqualTo(202));
    }

    [Test]
    public async Task KeysInOneValue_AreTaken()
    {
        await using CollectNode node = await CollectNode.StartAsync(("ApiKeys", $"{Key},another-key-0123456789"));

        using HttpResponseMessage without = await SendAsync(node, "POST", "/collect", null, null);
        using HttpResponseMessage with = await SendAsync(node, "POST", "/collect", "X-Api-Key", Key);

        Assert.That((int)without.StatusCode, Is.EqualTo(401));
        Assert.That((int)with.StatusCode, Is.EqualTo(202));
    }

    private static async Task<HttpResponseMessage> SendAsync(CollectNode node, string method, string path, string? name, string? value)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST")
            request.Content = new StringContent("""{"userId":"a","data":1}""", null, "application/json");
        if (name is not null)
            request.Headers.TryAddWithoutValidation(name, value);
        return await node.Http.SendAsync(request);
    }
}
