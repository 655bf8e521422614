using Microsoft.Extensions.Logging;
using PushNode.Cluster.Redis;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

internal sealed class RedisRevocationCopyTests
{
    [Test]
    public async Task Revocations_MoveForwardOnly_AndAreKeptForADay()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RedisMember node = await RedisMember.StartAsync(server, "10.0.0.1:8081");
        var copy = new RedisRevocationCopy(node.Link, node.Keys, TimeProvider.System, node.Logs.CreateLogger<RedisRevocationCopy>());

        Assert.That(await copy.FindAsync("alice", default), Is.Zero);
        await copy.PutAsync("alice", 1_800_000_000_123, default);
        await copy.PutAsync("alice", 1_700_000_000_000, default);

        Assert.That(await copy.FindAsync("alice", default), Is.EqualTo(1_800_000_000_123));
        Assert.That(await server.CommandAsync("GET", "pn:revoked:alice"), Is.EqualTo(new[] { "1800000000123" }));
        Assert.That(int.Parse((await server.CommandAsync("TTL", "pn:revoked:alice"))[0]), Is.InRange(86390, 86400));
    }

    [Test]
    public async Task RedisAway_OrAKeyOfAnotherType_SaysNothing_AndDoesNotThrow()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RedisMember node = await RedisMember.StartAsync(server, "10.0.0.1:8081");
        var copy = new RedisRevocationCopy(node.Link, node.Keys, TimeProvider.System, node.Logs.CreateLogger<RedisRevocationCopy>());
        await server.CommandAsync("LPUSH", "pn:revoked:alice", "mine");

        await copy.PutAsync("alice", 5, default);
        Assert.That(await copy.FindAsync("alice", default), Is.Zero);
        Assert.That(node.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("pn:revoked:alice"));
        await server.KillAsync();
        await copy.PutAsync("bob", 5, default);

        Assert.That(await copy.FindAsync("bob", default), Is.Zero);
    }
}
