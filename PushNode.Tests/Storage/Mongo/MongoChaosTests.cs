using PushNode.Messages;
using PushNode.Storage;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Nodes that append to the same channels while one thing after the other fails; another one reads along.</summary>
internal sealed class MongoChaosTests : OnMongoDouble
{
    private const int Rounds = 60;

    private static readonly string[] Commands = ["insert messages", "insert messages", "find messages", "aggregate channels", "update channels"];
    private static readonly int[] Codes = [10107, 11600, 189, 91, 112];

    private volatile bool isOver;

    [Test]
    public async Task WhatWasAnswered_IsStoredOnce_InOrder_AndReadWithoutAGap([Values(1, 2, 3)] int seed)
    {
        MongoUnderTest[] writers = [await OpenAsync(), await OpenAsync()];
        MongoUnderTest reader = await OpenAsync();
        Task<List<Message>> reading = Task.Run(() => FollowAsync(reader));
        Task<List<Message>>[] writing = [.. writers.Select((w, n) => Task.Run(() => WriteAsync(w, n, new Random((seed * 10) + n))))];

        await DisturbAsync(new Random(seed));
        isOver = true;
        List<Message>[] answered = await Task.WhenAll(writing);
        List<Message> seen = await reading;

        string[] ids = await ReadIdsAsync(reader, Alice);
        Assert.That(ids, Is.Unique);
        Assert.That(answered.SelectMany(static a => a), Has.All.Matches<Message?>(m => m is not null && ids[m.Seq - 1] == m.Id), "it is where its producer was told");
        Assert.That(answered.Select(static a => a.Where(static m => m.Outcome == StoreOutcome.Stored).Select(static m => m.Seq)), Is.All.Ordered);
        Assert.That(answered.Select(static a => a.Count), Is.All.GreaterThan(0));
        Assert.That(seen.Select(static m => (m.Seq, m.Id)), Is.EqualTo(ids.Select(static (id, i) => (i + 1L, id))));
    }

    // As a producer does: what is refused is sent again, under its id.
    private async Task<List<Message>> WriteAsync(MongoUnderTest mongo, int node, Random random)
    {
        var answered = new List<Message>();
        var refused = new List<string>();
        for (int round = 0; !isOver || refused.Count > 0; round++)
        {
            Message[] batch =
            [
                .. refused.Select(id => Create(mongo, Alice, id, given: true)),
                .. Enumerable.Range(0, random.Next(1, 8)).Select(i => Create(mongo, Alice, $"{node}-{round}-{i}", given: true)),
                Create(mongo, Bob, $"{node}-{round}"),
            ];
            await AppendAsync(mongo, batch);
            Message[] alices = batch[..^1];
            answered.AddRange(alices.Where(static m => m.Outcome != StoreOutcome.Failed));
            refused = [.. alices.Where(static m => m.Outcome == StoreOutcome.Failed).Select(static m => m.Id)];
            await Task.Delay(random.Next(3));
        }

        return answered;
    }

    private async Task<List<Message>> FollowAsync(MongoUnderTest mongo)
    {
        var seen = new List<Message>();
        long through = 0;
        for (bool isLast = false; ;)
        {
            try
            {
                MessagePage page = await mongo.Store.ReadAsync(Alice, through, Page, default);
                Assert.That(page.Through, Is.GreaterThanOrEqualTo(through).And.LessThanOrEqualTo(page.Head));
                seen.AddRange(page.Messages);
                through = page.Through;
                if (isLast && page.Through == page.Head && page.Messages.Count == 0)
                    return seen;
                // The writers end a little later; a page that brings nothing for a while is the end.
                isLast = isOver && page.Messages.Count == 0;
                await Task.Delay(isLast ? 1500 : 1);
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(10);
            }
        }
    }

    private async Task DisturbAsync(Random random)
    {
        for (int i = 0; i < Rounds; i++)
        {
            string command = Commands[random.Next(Commands.Length)];
            switch (random.Next(8))
            {
                case 0:
                    Server.Fail(command, Codes[random.Next(Codes.Length)], times: random.Next(1, 4), afterEffect: random.Next(2) == 0);
                    break;
                case 1:
                    Server.CloseBefore(command, random.Next(1, 3));
                    break;
                case 2:
                    Server.CloseAfter(command, random.Next(1, 3));
                    break;
                case 3:
                    Server.WriteConcernError("insert messages", 64, random.Next(1, 3));
                    break;
                case 4:
                    Server.DropConnections();
                    break;
                case 5:
                    Server.StepDown();
                    await Task.Delay(random.Next(60));
                    Server.StepUp();
                    break;
                case 6:
                    Server.Lag = true;
                    await Task.Delay(random.Next(60));
                    if (random.Next(2) == 0)
                        Server.RollBack();
                    else
                        Server.Lag = false;
                    break;
                default:
                    HeldCommand held = Server.Hold("insert messages");
                    await held.Arrived;
                    if (random.Next(3) > 0)
                        Server.DropConnections();
                    await Task.Delay(random.Next(60));
                    held.Release();
                    break;
            }

            await Task.Delay(random.Next(40));
        }

        Server.ClearFaults();
    }
}
