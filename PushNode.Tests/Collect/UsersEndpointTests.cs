using System.Net;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Collect;

/// <summary>Who is connected, closing connections, revoking tokens: on a whole node.</summary>
internal sealed class UsersEndpointTests
{
    [Test]
    public async Task Users_TellsTheConnections()
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using TestClient phone = await TestClient.ConnectAsync(node.Address, Tokens.For("present"), "device=phone");
        await using SseClient tab = await SseClient.ConnectAsync(node.Address, Tokens.For("present"), "device=tab");
        string connection = (await phone.WaitForAsync("welcome")).GetProperty("connection").GetString()!;
        await tab.WaitForLiveAsync("all");

        JsonElement online = await GetAsync(node, "users/present");
        JsonElement offline = await GetAsync(node, "users/absent");

        Assert.That(online.GetProperty("online").GetBoolean(), Is.True);
        Assert.That(
            online.GetProperty("connections").EnumerateArray().Select(c => (c.GetProperty("device").GetString(), c.GetProperty("transport").GetString())),
            Is.EquivalentTo(new[] { ("phone", "websocket"), ("tab", "sse") }));
        Assert.That(online.GetProperty("connections").EnumerateArray().Select(c => c.GetProperty("id").GetString()), Does.Contain(connection));
        Assert.That(offline.GetProperty("online").GetBoolean(), Is.False);
        Assert.That(offline.GetProperty("connections").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task Users_AfterTheLastConnection_IsOffline()
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using (TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For("leaver")))
        {
            await client.WaitForAsync("live", "all");
            await client.CloseAsync();
        }

        await Eventually.BecomesTrueAsync(async () => !(await GetAsync(node, "users/leaver")).GetProperty("online").GetBoolean(), "the user is offline");
    }

    [Test]
    public async Task Devices_AreThoseWithACursor_AndThoseConnected()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        await using (TestClient tablet = await TestClient.ConnectAsync(node.Address, Tokens.For("gadgets"), "device=tablet&ack=manual"))
        {
            await tablet.WaitForAsync("live", "user:gadgets");
            await producer.PushToAsync("gadgets");
            await tablet.WaitForAsync("message");
            await tablet.SendAsync("""{"type":"ack","channel":"user:gadgets","seq":1}""");
            await Eventually.BecomesTrueAsync(async () => (await GetAsync(node, "users/gadgets/devices")).GetProperty("devices")[0].GetProperty("behind").GetInt32() == 0, "it has acknowledged");
            await tablet.CloseAsync();
        }

        await Eventually.BecomesTrueAsync(async () => !(await GetAsync(node, "users/gadgets/devices")).GetProperty("online").GetBoolean(), "nobody is connected");
        await using SseClient first = await SseClient.ConnectAsync(node.Address, Tokens.For("gadgets"), "device=phone&ack=auto");
        await using SseClient second = await SseClient.ConnectAsync(node.Address, Tokens.For("gadgets"), "device=phone&ack=auto");
        await first.WaitForLiveAsync("all");
        await second.WaitForLiveAsync("all");
        await producer.PushToAsync("gadgets");
        await producer.PushToAsync("gadgets");

        JsonElement user = await GetAsync(node, "users/gadgets/devices");
        JsonElement[] devices = [.. user.GetProperty("devices").EnumerateArray()];
        Assert.That((user.GetProperty("userId").GetString(), user.GetProperty("head").GetInt32(), user.GetProperty("online").GetBoolean()), Is.EqualTo(("gadgets", 3, true)));
        Assert.That(user.TryGetProperty("unanswered", out _), Is.False);
        Assert.That(devices.Select(static d => (d.GetProperty("device").GetString(), d.GetProperty("connections").GetArrayLength())), Is.EqualTo(new[] { ("phone", 2), ("tablet", 0) }));
        Assert.That((devices[1].GetProperty("acknowledged").GetInt32(), devices[1].GetProperty("behind").GetInt32()), Is.EqualTo((1, 2)));
        Assert.That(devices[0].GetProperty("connections")[0].GetProperty("transport").GetString(), Is.EqualTo("sse"));
    }

    [Test]
    public async Task Devices_OfSomebodyUnknown_AreNone()
    {
        NodeProcess node = await SharedNode.GetAsync();

        JsonElement user = await GetAsync(node, "users/never-seen/devices");

        Assert.That((user.GetProperty("head").GetInt32(), user.GetProperty("online").GetBoolean(), user.GetProperty("devices").GetArrayLength()), Is.EqualTo((0, false, 0)));
    }

    [Test]
    public async Task Disconnect_OfOneDevice_LeavesTheOthers()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        await using TestClient phone = await TestClient.ConnectAsync(node.Address, Tokens.For("two"), "device=phone");
        await using TestClient laptop = await TestClient.ConnectAsync(node.Address, Tokens.For("two"), "device=laptop");
        await phone.WaitForAsync("live", "all");
        await laptop.WaitForAsync("live", "all");

        (HttpStatusCode status, JsonElement answer) = await producer.PostAsync("", "users/two/disconnect?device=phone");
        await phone.WaitForEndAsync();

        Assert.That((status, answer.GetProperty("disconnected").GetInt32()), Is.EqualTo((HttpStatusCode.OK, 1)));
        Assert.That((phone.CloseCode, phone.CloseReason), Is.EqualTo((1000, "disconnected by the application")));
        await laptop.SendAsync("""{"type":"ping"}""");
        await laptop.WaitForAsync("pong");
    }

    [TestCase("users/a%20b/disconnect", "", "bad_name", "no user id")]
    [TestCase("users/a/disconnect?device=b%20c", "", "bad_parameter", "no device name")]
    [TestCase("users/a/disconnect?devise=b", "", "bad_parameter", "no query parameter 'devise' here; known: device")]
    [TestCase("auth/revoke?user=a", """{"userId":"a"}""", "bad_parameter", "no query parameter 'user' here; none is taken")]
    [TestCase("auth/revoke", "", "malformed", "malformed JSON at line 1, byte 1")]
    [TestCase("auth/revoke", "[]", "malformed", "not a JSON object")]
    [TestCase("auth/revoke", "{}", "missing_field", "userId is missing")]
    [TestCase("auth/revoke", """{"userId":1}""", "wrong_type", "userId must be a string")]
    [TestCase("auth/revoke", """{"userId":"\ud800"}""", "wrong_type", "userId must be a string")]
    [TestCase("auth/revoke", """{"userId":"a b"}""", "bad_name", "no user id")]
    [TestCase("auth/revoke", """{"userId":"a","user":"a"}""", "unknown_field", "no field 'user'")]
    [TestCase("auth/revoke", """{"userId":"a","userId":"b"}""", "duplicate_field", "'userId' twice")]
    public async Task BadRequest_IsAProblem(string path, string body, string code, string part)
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);

        (HttpStatusCode answered, JsonElement problem) = await producer.PostAsync(body, path);

        Assert.That((answered, problem.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.BadRequest, code)));
        Assert.That(problem.GetProperty("detail").GetString(), Does.Contain(part));
    }

    [TestCase("users/alice?online=true")]
    [TestCase("messages/user:alice/1?devices=all")]
    public async Task UnknownParameter_IsRefused(string path)
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var http = new HttpClient();

        using HttpResponseMessage response = await http.GetAsync(new Uri(node.Address, path));

        JsonElement problem = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.That((response.StatusCode, problem.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.BadRequest, "bad_parameter")));
        Assert.That(problem.GetProperty("detail").GetString(), Does.EndWith("here; none is taken"));
    }

    [TestCase("users/alice", "GET")]
    [TestCase("users/alice/disconnect", "POST")]
    [TestCase("auth/revoke", "POST")]
    public async Task WithoutTheApiKey_IsRefused(string path, string method)
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Collect:ApiKeys", "a-key-that-only-the-backend-has");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node.Address, path));

        using HttpResponseMessage response = await http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    private static async Task<JsonElement> GetAsync(NodeProcess node, string path)
    {
        using var http = new HttpClient();
        return JsonDocument.Parse(await http.GetStringAsync(new Uri(node.Address, path))).RootElement;
    }
}
