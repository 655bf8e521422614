using PushNode.Messages;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Two nodes that append to the same channels.</summary>
internal sealed class MongoSharedChannelTests : OnMongoDouble
{
    [Test]
    public async Task NumbersTakenByAnother_AreGivenAnew_InOrder()
    {
        MongoUnderTest mongo = await OpenAsync();
        MongoUnderTest other = await OpenAsync();
        Message[] first = await AppendAsync(mongo, Create(mongo, Alice, "a"), Create(mongo, Bob, "a"));
        Message[] second = await AppendAsync(other, Create(other, Alice, "b"), Create(other, Alice, "c"));

        Message[] third = await AppendAsync(mongo, Create(mongo, Bob, "d"), Create(mongo, Alice, "e"), Create(mongo, Alice, "f"), Create(mongo, Bob, "g"));

        await AssertStoredOnceAsync(mongo, [.. first, .. second, .. third]);
    }

    [Test]
    public async Task IdStoredByAnotherMeanwhile_IsRepeated_AndTheRestGoesOn()
    {
        MongoUnderTest mongo = await OpenAsync();
        MongoUnderTest other = await OpenAsync();
        HeldCommand held = Server.Hold("insert messages");
        Message[] batch = [Create(mongo, Alice, "a"), Create(mongo, Alice, "order", given: true), Create(mongo, Bob, "b"), Create(mongo, Alice, "c")];
        Task append = AppendAsync(mongo, batch);
        await held.Arrived;
        Message[] others = await AppendAsync(other, Create(other, Alice, "order", given: true, size: 10));

        held.Release();
        await append;

        Assert.That(others.Select(static m => (m.Outcome, m.Seq)), Is.EqualTo(new[] { (StoreOutcome.Stored, 1L) }));
        Assert.That(batch.Select(static m => (m.Outcome, m.Seq)), Is.EqualTo(new[]
        {
            (StoreOutcome.Stored, 2L), (StoreOutcome.Repeated, 1L), (StoreOutcome.Stored, 1L), (StoreOutcome.Stored, 3L),
        }));
        Assert.That(await ReadIdsAsync(mongo, Alice), Is.EqualTo(new[] { "order", "a", "c" }));
    }

    [Test]
    public async Task BatchThatIsSentToTwoNodes_IsStoredOnce()
    {
        MongoUnderTest mongo = await OpenAsync();
        MongoUnderTest other = await OpenAsync();
        HeldCommand held = Server.Hold("insert messages");
        Message[] batch = CreateBatch(mongo, 100, given: true);
        Task append = AppendAsync(mongo, batch);
        await held.Arrived;
        await Task.Delay(2);
        Message[] again = await AppendAsync(other, CreateBatch(other, 100, given: true));
        int before = Server.Count("insert messages");

        held.Release();
        await append;

        await AssertStoredOnceAsync(mongo, again);
        Assert.That(batch.Select(static m => m.Seq), Is.EqualTo(again.Select(static m => m.Seq)));
        Assert.That(batch.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Repeated));
        Assert.That(Server.Count("insert messages") - before, Is.LessThan(10), "what is stored is found out for all messages together");
    }

    [Test]
    public async Task TwoNodes_InOneChannel_LeaveNoHole()
    {
        MongoUnderTest[] nodes = [await OpenAsync(), await OpenAsync(), await OpenAsync()];

        Message[][] all = await Task.WhenAll(nodes.Select((node, n) => Task.Run(async () =>
        {
            var sent = new List<Message>();
            for (int i = 0; i < 20; i++)
                sent.AddRange(await AppendAsync(node, CreateBatch(node, 6, prefix: $"{n}-{i}-")));
            return sent.ToArray();
        })));

        await AssertStoredOnceAsync(nodes[0], [.. all.SelectMany(static m => m).OrderBy(static m => m.Seq)]);
        Assert.That(all.Select(static sent => sent.Where(static m => m.Channel == Alice).Select(static m => m.Seq)), Is.All.Ordered);
    }
}
