using PushNode.Messages;
using PushNode.Storage;
using PushNode.Tests.Support;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Reading while the database lags behind, or changes in between.</summary>
internal sealed class MongoReadFaultTests : OnMongoDouble
{
    [Test]
    public async Task Lag_ReadsEndWhereTheMajorityEnds()
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 5);
        MongoUnderTest other = await OpenAsync(timeout: 5);
        await AppendAsync(mongo, Create(mongo, Alice, "a"), Create(mongo, Alice, "b"));
        Server.Lag = true;
        Task append = Task.WhenAll(AppendAsync(mongo, Create(mongo, Alice, "c")), AppendAsync(other, Create(other, Bob, "first")));
        await Eventually.BecomesTrueAsync(() => Server.Documents("messages").Count == 3 && Server.Documents("channels").Count == 2, "they have their effect");

        MessagePage whole = await mongo.Store.ReadAsync(Alice, 0, Page, default);
        MessagePage end = await mongo.Store.ReadAsync(Alice, 2, Page, default);
        MessagePage none = await mongo.Store.ReadAsync(Bob, 0, Page, default);

        Assert.That((whole.Messages.Count, whole.Through, whole.Head), Is.EqualTo((2, 2L, 2L)));
        Assert.That((end.Messages.Count, end.Through, end.Head), Is.EqualTo((0, 2L, 2L)));
        Assert.That((none.Messages.Count, none.Through, none.Head), Is.EqualTo((0, 0L, 0L)));
        Assert.That(await mongo.Store.ReadHeadsAsync([Alice, Bob], default), Is.EqualTo(new long[] { 2, 0 }));
        Assert.That(await mongo.Store.FindAsync(Alice, 3, default), Is.Null);
        Server.Lag = false;
        await append;
        Assert.That(await ReadIdsAsync(mongo, Alice), Is.EqualTo(new[] { "a", "b", "c" }));
    }

    [Test]
    public async Task PageThatIsOlderThanTheHead_IsReadAgain()
    {
        MongoUnderTest mongo = await OpenAsync();
        MongoUnderTest other = await OpenAsync();
        HeldCommand head = Server.Hold("aggregate channels");
        Task<MessagePage> read = mongo.Store.ReadAsync(Alice, 0, Page, default).AsTask();
        await head.Arrived;
        HeldCommand second = Server.Hold("aggregate channels");
        Task<Message[]> append = AppendAsync(other, Create(other, Alice, "a"));
        await second.Arrived;
        second.Release();
        await append;

        head.Release();
        MessagePage page = await read;

        Assert.That((page.Messages.Count, page.Through, page.Head), Is.EqualTo((1, 1L, 1L)));
    }

    [Test]
    public async Task PositionAheadOfAPrimaryThatIsBehind_IsNotTakenForOneOfAnEarlierLife()
    {
        MongoUnderTest mongo = await OpenAsync();
        await AppendAsync(mongo, Create(mongo, Alice, "a"));
        Server.Lag = true;
        // Another primary that does not know yet that this was confirmed.
        Task append = AppendAsync(mongo, Create(mongo, Alice, "b"));
        await Eventually.BecomesTrueAsync(() => Server.Documents("messages").Count == 2, "it has its effect");
        HeldCommand head = Server.Hold("aggregate channels");
        Task<MessagePage> read = mongo.Store.ReadAsync(Alice, 2, Page, default).AsTask();
        await head.Arrived;
        head.Release();
        await head.Executed;
        Server.Lag = false;

        MessagePage page = await read;
        await append;

        Assert.That((page.Messages.Count, page.Through, page.Head), Is.EqualTo((0, 2L, 2L)));
    }

    [Test]
    public async Task PositionAheadOfTheHead_IsAnswered_WhenItStaysSo()
    {
        MongoUnderTest mongo = await OpenAsync();
        await AppendAsync(mongo, Create(mongo, Alice, "a"));

        MessagePage page = await mongo.Store.ReadAsync(Alice, 7, Page, default);

        Assert.That((page.Messages.Count, page.Head), Is.EqualTo((0, 1L)));
    }

    [TestCase("find messages")]
    [TestCase("aggregate channels")]
    public async Task ReadThatIsCutOff_IsTriedAgainByTheDriver(string command)
    {
        // The driver looks for the server twice a second.
        MongoUnderTest mongo = await OpenAsync(timeout: 10);
        await AppendAsync(mongo, Create(mongo, Alice, "a"));
        Server.CloseBefore(command);
        Assert.That((await mongo.Store.ReadAsync(Alice, 0, Page, default)).Head, Is.EqualTo(1));
        Assert.That(await mongo.Store.ReadHeadsAsync([Alice], default), Is.EqualTo(new long[] { 1 }));
    }

    [Test]
    public async Task ProcessSuspended_BeforeTheAnswer_TakesNoNumberForPast_ThatMayStillBeGiven()
    {
        MongoUnderTest mongo = await OpenAsync();
        await AppendAsync(mongo, Create(mongo, Alice, "a"));
        // Young to readers, until it is suspended.
        mongo.Time.Advance(TimeSpan.FromHours(30));
        HeldCommand heads = Server.Hold("aggregate channels");
        HeldCommand page = Server.Hold("find messages");
        Task<long[]> head = mongo.Store.ReadHeadsAsync([Alice], default).AsTask();
        Task<MessagePage> read = mongo.Store.ReadAsync(Alice, 0, Page, default).AsTask();
        await Task.WhenAll(heads.Arrived, page.Arrived);
        mongo.Time.Advance(TimeSpan.FromHours(10));
        heads.Release();
        page.Release();

        Assert.That(await head, Is.EqualTo(new long[] { 1 }));
        Assert.That((await read).Through, Is.EqualTo(1));
    }

    [Test]
    public async Task ReplyThatIsFull_IsNotTakenForTheEnd()
    {
        const int largest = 4 << 20;
        MongoUnderTest mongo = await OpenAsync();
        await AppendAsync(mongo, Create(mongo, Bob, "aaa", size: 1000));
        int beside = BsonWriter.Write(Server.Documents("messages").Single()).Length - 1000 + (Alice.Name.Length - Bob.Name.Length) * 2;
        // Three that are 12 MiB together, all but 3 bytes, and one that does not fit into a reply of 16 MiB with them.
        int size = largest - beside - 1;
        await AppendAsync(mongo, [.. "abc".Select(c => Create(mongo, Alice, new string(c, 3), size: size))]);
        await AppendAsync(mongo, Create(mongo, Alice, "last", size: largest));

        MessagePage page = await mongo.Store.ReadAsync(Alice, 0, 64 << 20, default);

        Assert.That((page.Messages.Count, page.Through, page.Head), Is.EqualTo((3, 3L, 4L)));
    }
}
