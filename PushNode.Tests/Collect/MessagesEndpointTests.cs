using System.Text.Json;
using PushNode.Storage;

namespace PushNode.Tests.Collect;

internal sealed class MessagesEndpointTests
{
    [Test]
    public async Task Message_IsShownAsItsClientsGetIt_WithTheDevicesThatHaveIt()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        await node.PostAsync("""{"userId":"a:b","id":"m1","data":0}""");
        await node.PostAsync("""{"userId":"a:b","id":"m2","event":"x","data":{"n":1.50}}""");
        node.Store.Cursors.AddRange([new("a:b", "phone", 2), new("a:b", "desk", 1), new("a:b", "tablet", 3)]);

        string text = await node.Http.GetStringAsync("/messages/user:a:b/2");

        Assert.That(text, Does.StartWith("""{"type":"message","id":"m2","channel":"user:a:b","seq":2,"time":"20"""));
        Assert.That(text, Does.EndWith(""","event":"x","data":{"n":1.50},"acknowledged":[{"user":"a:b","device":"phone","seq":2},{"user":"a:b","device":"tablet","seq":3}]}"""));
    }

    [Test]
    public async Task Devices_OverTheBound_AreCut_AndItSaysSo()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        await node.PostAsync("""{"topic":"t","data":0}""");
        node.Store.Cursors.AddRange(Enumerable.Range(0, 1_001).Select(static i => new DeviceCursor($"u{i}", "d", 1)));

        JsonElement answer = JsonElement.Parse(await node.Http.GetStringAsync("/messages/topic:t/1"));

        Assert.That(answer.GetProperty("acknowledged").GetArrayLength(), Is.EqualTo(1_000));
        Assert.That(answer.GetProperty("acknowledgedIsPartial").GetBoolean(), Is.True);
    }

    [TestCase("/messages/nobody/1", 400, "the channel must be user:{id}, topic:{name} or all")]
    [TestCase("/messages/user:a%20b/1", 400, "the channel must be")]
    [TestCase("/messages/user:a/0", 400, "seq must be a whole number from 1")]
    [TestCase("/messages/user:a/-1", 400, "seq must be")]
    [TestCase("/messages/user:a/9007199254740992", 400, "seq must be")]
    [TestCase("/messages/user:a/x", 400, "seq must be")]
    [TestCase("/messages/user:a/7", 404, "user:a has no message 7")]
    [TestCase("/messages/all/1", 404, "all has no message 1")]
    public async Task BadOrMissing_IsRefused(string path, int status, string sentence)
    {
        await using CollectNode node = await CollectNode.StartAsync();

        using HttpResponseMessage response = await node.Http.GetAsync(path);

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("detail").GetString(), Does.Contain(sentence));
    }

    [Test]
    public async Task StoreAway_Is503()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        node.Store.Fails = true;

        using HttpResponseMessage response = await node.Http.GetAsync("/messages/all/1");

        Assert.That((int)response.StatusCode, Is.EqualTo(503));
        Assert.That(response.Headers.RetryAfter, Is.Not.Null);
    }
}
