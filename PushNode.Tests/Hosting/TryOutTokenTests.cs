using System.Net;
using System.Text;
using System.Text.Json;

namespace PushNode.Tests.Hosting;

internal sealed class TryOutTokenTests
{
    private const string Alice = """{"userId":"alice","topics":["news","room.*"]}""";

    [Test]
    public async Task Token_ForThePageItself_IsGiven()
    {
        await using RunningNode node = await RunningNode.StartAsync();

        using HttpResponseMessage response = await PostAsync(node, Alice);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Headers.CacheControl!.NoStore, Is.True);
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        string claims = answer.RootElement.GetProperty("token").GetString()!.Split('.')[1];
        Assert.That(Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(claims)), Does.Contain("alice").And.Contain("room.*"));
    }

    [TestCase("https://evil.example")]
    [TestCase("http://127.0.0.1")]
    [TestCase("null")]
    [TestCase("")]
    public async Task Token_ForAnotherOrigin_IsRefused(string origin)
    {
        await using RunningNode node = await RunningNode.StartAsync();

        using HttpResponseMessage response = await PostAsync(node, Alice, origin);

        Assert.That(await NodeTests.DetailAsync(response, 403), Does.Contain(node.Origin));
    }

    [TestCase("text/plain")]
    [TestCase("application/x-www-form-urlencoded")]
    public async Task Token_WithoutJson_IsRefused(string contentType)
    {
        await using RunningNode node = await RunningNode.StartAsync();

        using HttpResponseMessage response = await PostAsync(node, Alice, contentType: contentType);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.UnsupportedMediaType));
    }

    [TestCase("", "malformed JSON")]
    [TestCase("[]", "not a JSON object")]
    [TestCase("{}", "userId is missing")]
    [TestCase("""{"userId":7}""", "userId must be a string")]
    [TestCase("""{"userId":"alice","topic":"news"}""", "no field 'topic'")]
    [TestCase("""{"userId":"alice","topics":"news"}""", "array of strings")]
    [TestCase("""{"userId":"alice","topics":["\ud800"]}""", "array of strings")]
    [TestCase("""{"userId":"al ice"}""", "no user id")]
    [TestCase("""{"userId":"alice","topics":["a b"]}""", "'a b'")]
    public async Task Token_AskedForWrongly_IsRefused_AndSaysWhatIsWrong(string body, string why)
    {
        await using RunningNode node = await RunningNode.StartAsync();

        using HttpResponseMessage response = await PostAsync(node, body);

        Assert.That(await NodeTests.DetailAsync(response, 400), Does.Contain(why));
    }

    [Test]
    public async Task Token_TooLargeARequest_IsRefused()
    {
        await using RunningNode node = await RunningNode.StartAsync();

        using HttpResponseMessage response = await PostAsync(node, new string(' ', 5000));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task Token_OnANodeWithItsOwnSecret_IsNotToBeHad()
    {
        await using RunningNode node = await RunningNode.StartAsync(["Auth:Jwt:Secret=0123456789abcdef0123456789abcdef"]);

        using HttpResponseMessage response = await PostAsync(node, Alice);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private static async Task<HttpResponseMessage> PostAsync(RunningNode node, string body, string? origin = null, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/token") { Content = new StringContent(body, Encoding.UTF8, contentType) };
        request.Headers.TryAddWithoutValidation("Origin", origin ?? node.Origin);
        return await node.Http.SendAsync(request);
    }
}
