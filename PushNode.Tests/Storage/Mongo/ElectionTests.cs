using PushNode.Messages;
using PushNode.Storage;
using PushNode.Tests.Support;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>A server that was just elected may not know yet of all that the one before had confirmed.</summary>
internal sealed class ElectionTests
{
    private static readonly Channel News = Channel.Topic("news");

    [Test]
    public async Task AfterAnElection_NothingIsReadThatIsLessThanWasConfirmedBefore()
    {
        await using var server = new MongoDouble(new MongoDoubleOptions { ReplicaSet = "rs" });
        await using MongoUnderTest mongo = await new MongoUnderTest(server.Uri, "test").StartAsync();
        await AppendAsync(mongo, 2);
        server.Mark();
        await AppendAsync(mongo, 3);

        server.ElectBehind();
        long head = (await AnsweredAsync(() => mongo.Store.ReadHeadsAsync([News], default)))[0];
        MessagePage page = await AnsweredAsync(() => mongo.Store.ReadAsync(News, 0, 10_000, default));

        Assert.That((head, page.Through, page.Messages.Count), Is.EqualTo((5, 5, 5)));
    }

    // Until the driver has found the server that was elected.
    private static async Task<T> AnsweredAsync<T>(Func<ValueTask<T>> ask)
    {
        T answer = default!;
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                try
                {
                    answer = await ask();
                    return true;
                }
                catch (StoreUnavailableException)
                {
                    return false;
                }
            },
            "it answers");
        return answer;
    }

    private static async Task AppendAsync(MongoUnderTest mongo, int count)
    {
        Message[] batch = [.. Enumerable.Range(0, count).Select(_ => new Message(News, Guid.NewGuid().ToString("N"), mongo.Now, mongo.Now + 60_000, null, "1"u8))];
        await mongo.Store.AppendAsync(batch, default);
        Assert.That(batch.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Stored));
    }
}
