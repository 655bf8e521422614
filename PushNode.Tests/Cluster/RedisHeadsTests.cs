using Microsoft.Extensions.Logging;
using PushNode.Cluster.Redis;
using PushNode.Messages;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

internal sealed class RedisHeadsTests
{
    private static readonly Channel Alice = Channel.User("alice");
    private static readonly Channel News = Channel.Topic("news");

    private RedisServer server = null!;
    private RedisMember node = null!;
    private RedisHeads heads = null!;

    [SetUp]
    public async Task StartAsync()
    {
        server = await RedisServer.StartAsync();
        node = await RedisMember.StartAsync(server, "10.0.0.1:8081");
        heads = Heads("epoch-1");
    }

    [TearDown]
    public async Task StopAsync()
    {
        await node.DisposeAsync();
        await server.DisposeAsync();
    }

    [Test]
    public async Task Heads_AreRaised_NeverLowered_AndZeroWhereNoneIsKnown()
    {
        await heads.RaiseAsync([Stored(Alice, 7), Stored(News, 3), Stored(Alice, 9), Stored(Alice, 8)], "epoch-1", default);
        await heads.RaiseAsync([Stored(Alice, 5), Stored(News, 10)], "epoch-1", default);

        Assert.That(await heads.ReadAsync([News, Channel.All, Alice], default), Is.EqualTo(new long[] { 10, 0, 9 }));
        Assert.That(int.Parse((await server.CommandAsync("TTL", "pn:head:user:alice"))[0]), Is.InRange(86390, 86400));
    }

    [Test]
    public async Task WhatIsNotStored_RaisesNothing()
    {
        var ephemeral = new Message(News, "m", 1, long.MaxValue, null, "{}"u8) { Ephemeral = true };
        var repeated = new Message(Alice, "m", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), long.MaxValue, null, "{}"u8);
        repeated.Repeat(41);
        ephemeral.Build();

        await heads.RaiseAsync([ephemeral, repeated], "epoch-1", default);

        Assert.That(await server.CommandAsync("KEYS", "pn:head:*"), Is.Empty);
    }

    [Test]
    public async Task HeadsOfAnotherStore_AreNoHeadsOfThisOne_AndReplaced()
    {
        await heads.RaiseAsync([Stored(Alice, 1000)], "epoch-1", default);
        RedisHeads restored = Heads("epoch-2");

        Assert.That(await restored.ReadAsync([Alice], default), Is.EqualTo(new long[] { 0 }), "one that is ahead would have its readers wait for what never comes");
        await restored.RaiseAsync([Stored(Alice, 2)], "epoch-2", default);

        Assert.That(await restored.ReadAsync([Alice], default), Is.EqualTo(new long[] { 2 }));
        Assert.That(await heads.ReadAsync([Alice], default), Is.EqualTo(new long[] { 0 }));
    }

    [Test]
    public async Task ManyChannels_TakeAScriptPerHundreds_AndAReadPerHundreds()
    {
        Message[] batch = [.. Enumerable.Range(1, 1200).Select(i => Stored(Channel.User($"u{i}"), i))];

        await heads.RaiseAsync(batch, "epoch-1", default);
        long[] found = await heads.ReadAsync([.. batch.Select(static m => m.Channel)], default);

        Assert.That(found, Is.EqualTo(batch.Select(static m => m.Seq)));
        Assert.That(await server.CountCommandsAsync("evalsha") + await server.CountCommandsAsync("eval"), Is.EqualTo(5));
        Assert.That(await server.CountCommandsAsync("mget"), Is.EqualTo(3));
    }

    [Test]
    public async Task Redis_ThatHasForgottenTheScript_IsSentItAgain()
    {
        await heads.RaiseAsync([Stored(Alice, 1)], "epoch-1", default);
        await server.CommandAsync("SCRIPT", "FLUSH");

        await heads.RaiseAsync([Stored(Alice, 2)], "epoch-1", default);

        Assert.That(await heads.ReadAsync([Alice], default), Is.EqualTo(new long[] { 2 }));
        Assert.That(node.Logs.At(LogLevel.Warning), Is.Empty);
    }

    [Test]
    public async Task KeyOfAnotherType_HurtsNoOther()
    {
        await server.CommandAsync("LPUSH", "pn:head:user:alice", "mine");
        await server.CommandAsync("SET", "pn:head:all", "no number");

        await heads.RaiseAsync([Stored(Alice, 1), Stored(Channel.All, 2), Stored(News, 3)], "epoch-1", default);

        Assert.That(await heads.ReadAsync([Alice, Channel.All, News], default), Is.EqualTo(new long[] { 0, 2, 3 }));
        Assert.That(node.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("pn:head:"));
    }

    [Test]
    public async Task RedisAway_TheStoreIsAsked()
    {
        await server.KillAsync();
        await Eventually.BecomesTrueAsync(() => !node.Link.IsReachable, "the outage is noticed");

        Assert.That(async () => await heads.RaiseAsync([Stored(Alice, 1)], "epoch-1", default), Throws.Nothing);
        Assert.That(await heads.ReadAsync([Alice, News], default), Is.EqualTo(new long[] { 77, 77 }));
    }

    private RedisHeads Heads(string? epoch) => new(
        new RedisHeadHints(node.Link, node.Keys, TimeProvider.System, node.Logs.CreateLogger<RedisHeadHints>()),
        node.Link,
        node.Keys,
        new HeadStore(epoch, 77),
        TimeProvider.System,
        node.Logs.CreateLogger<RedisHeads>());

    private static Message Stored(Channel channel, long seq)
    {
        var message = new Message(channel, $"m{seq}", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), long.MaxValue, null, "{}"u8);
        message.Accept(seq);
        return message;
    }
}
