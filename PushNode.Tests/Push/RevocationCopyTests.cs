using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PushNode.Cluster;
using PushNode.Tests.Hosting;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>A revocation that this node was never told, but which stands in the copy that all nodes share.</summary>
internal sealed class RevocationCopyTests
{
    private readonly ScriptedCopy copy = new();

    [Test]
    public async Task Join_WithATokenThatTheCopyKnowsAsRevoked_IsClosed()
    {
        await using RunningNode node = await StartAsync();
        copy.Before = DateTimeOffset.UtcNow.AddSeconds(-30).ToUnixTimeMilliseconds();

        await using TestClient client = await TestClient.ConnectAsync(new Uri(node.Origin), Tokens.For("alice", issued: DateTimeOffset.UtcNow.AddMinutes(-1)));
        await client.WaitForEndAsync();

        Assert.That(client.CloseCode, Is.EqualTo(4401));
        Assert.That(client.Frames, Is.Empty);
    }

    [Test]
    public async Task AuthFrame_WithATokenThatTheCopyKnowsAsRevoked_IsRefused_AndTheNewerOneStays()
    {
        await using RunningNode node = await StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(new Uri(node.Origin), Tokens.For("alice"));
        await client.WaitForAsync("live", "all");
        copy.Before = DateTimeOffset.UtcNow.AddSeconds(-30).ToUnixTimeMilliseconds();

        await client.SendAsync($$"""{"type":"auth","token":"{{Tokens.For("alice", issued: DateTimeOffset.UtcNow.AddMinutes(-1))}}"}""");

        JsonElement error = await client.WaitForAsync("error");
        Assert.That(error.GetProperty("code").GetString(), Is.EqualTo("auth_invalid"));
        Assert.That(client.HasEnded, Is.False);
    }

    private Task<RunningNode> StartAsync() =>
        RunningNode.StartAsync([$"Auth:Jwt:Secret={Tokens.Secret}"], services => services.AddSingleton<IRevocationCopy>(copy));
}
