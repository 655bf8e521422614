using PushNode.Messages;
using PushNode.Tests.Support;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Whatever happens to an insert, a batch is stored once, in order and without holes.</summary>
[TestFixture(null)]
[TestFixture("rs0")]
internal sealed class MongoAppendFaultTests(string? replicaSet) : OnMongoDouble(replicaSet)
{
    private const int Batch = 30;

    [Test]
    public async Task PrimaryThatStepsDown_ComesBack_AndTheBatchIsStored()
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 5);
        Message[] before = await AppendAsync(mongo, CreateBatch(mongo, 2, prefix: "a"));
        HeldCommand held = Server.Hold("insert messages");
        Message[] batch = CreateBatch(mongo, Batch);
        Task append = AppendAsync(mongo, batch);
        await held.Arrived;
        Server.StepDown();
        held.Release();

        // As long as an election takes.
        await Task.Delay(TimeSpan.FromSeconds(1.2));
        Assert.That(append.IsCompleted, Is.False);
        Server.StepUp();

        await append;
        await AssertStoredOnceAsync(mongo, [.. before, .. batch]);
        Assert.That(mongo.Store.Trouble, Is.Null);
    }

    [Test]
    public async Task CodeOfAPrimaryThatChanges_InTheMiddleOfTheBatch([Values(10107, 11600, 189, 91)] int code, [Values] bool given)
    {
        MongoUnderTest mongo = await OpenAsync();
        int left = 3;
        Server.RejectDocument(d => d.At("_id.i") is string id && id.EndsWith("m7", StringComparison.Ordinal) && Interlocked.Decrement(ref left) >= 0, code, failsCommand: true);

        Message[] batch = await AppendAsync(mongo, CreateBatch(mongo, Batch, given));

        Assert.That(left, Is.LessThan(0), "it has met the error");
        await AssertStoredOnceAsync(mongo, batch);
    }

    [Test]
    public async Task CodeOfAPrimaryThatChanges_BeforeOrAfterTheEffect([Values(10107, 11600, 189, 91)] int code, [Values] bool afterEffect)
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.Fail("insert messages", code, times: 3, afterEffect);

        Message[] batch = await AppendAsync(mongo, CreateBatch(mongo, Batch));

        await AssertStoredOnceAsync(mongo, batch);
    }

    [Test]
    public async Task ConnectionThatCloses_LosesNothing_AndDoublesNothing([Values] bool afterEffect, [Values] bool given)
    {
        MongoUnderTest mongo = await OpenAsync();
        if (afterEffect)
            Server.CloseAfter("insert messages", times: 3);
        else
            Server.CloseBefore("insert messages", times: 3);

        Message[] batch = await AppendAsync(mongo, CreateBatch(mongo, Batch, given));
        Message[] next = await AppendAsync(mongo, CreateBatch(mongo, Batch, given, prefix: "n"));

        await AssertStoredOnceAsync(mongo, [.. batch, .. next]);
    }

    [TestCase("find messages")]
    [TestCase("aggregate channels")]
    [TestCase("update channels")]
    public async Task ConnectionThatCloses_WhenSomethingElseIsAsked(string command)
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.CloseAfter(command, times: 3);

        Message[] batch = await AppendAsync(mongo, CreateBatch(mongo, Batch, given: true));

        await AssertStoredOnceAsync(mongo, batch);
    }

    [Test]
    public async Task InsertThatIsLate_ComesAfterItsRepetition_AndDoesNothing([Values] bool given)
    {
        MongoUnderTest mongo = await OpenAsync();
        HeldCommand late = Server.Hold("insert messages");
        Message[] batch = CreateBatch(mongo, Batch, given);
        Task append = AppendAsync(mongo, batch);
        await late.Arrived;
        Server.DropConnections();
        await append;

        late.Release();
        await late.Executed;
        Message[] next = await AppendAsync(mongo, CreateBatch(mongo, Batch, given, prefix: "n"));

        await AssertStoredOnceAsync(mongo, [.. batch, .. next]);
    }

    [Test]
    public async Task InsertThatIsLate_ComesBetweenTheLookAndItsRepetition([Values] bool given)
    {
        MongoUnderTest mongo = await OpenAsync();
        HeldCommand late = Server.Hold("insert messages");
        HeldCommand repetition = Server.Hold("insert messages");
        Message[] batch = CreateBatch(mongo, Batch, given);
        Task append = AppendAsync(mongo, batch);
        await late.Arrived;
        Server.DropConnections();
        await repetition.Arrived;
        int before = Server.Count("insert messages");

        late.Release();
        await late.Executed;
        repetition.Release();
        await append;

        await AssertStoredOnceAsync(mongo, batch);
        Assert.That(Server.Count("insert messages") - before, Is.LessThan(Batch / 2), "what is stored is found out for all messages together");
    }

    [Test]
    public async Task InsertThatIsLate_ComesBeforeTheLook()
    {
        MongoUnderTest mongo = await OpenAsync();
        HeldCommand late = Server.Hold("insert messages");
        HeldCommand look = Server.Hold("find messages");
        Message[] batch = CreateBatch(mongo, Batch);
        Task append = AppendAsync(mongo, batch);
        await late.Arrived;
        Server.DropConnections();
        // The driver repeats what it can by itself, and does not look.
        if (IsStandalone)
            await look.Arrived;

        late.Release();
        await late.Executed;
        look.Release();
        await append;

        await AssertStoredOnceAsync(mongo, batch);
    }

    [Test]
    public async Task InsertThatIsLate_WhileAnotherNodeTakesItsNumbers()
    {
        MongoUnderTest mongo = await OpenAsync();
        MongoUnderTest other = await OpenAsync();
        HeldCommand late = Server.Hold("insert messages");
        HeldCommand repetition = Server.Hold("insert messages");
        Message[] batch = CreateBatch(mongo, Batch);
        Task append = AppendAsync(mongo, batch);
        await late.Arrived;
        Server.DropConnections();
        await repetition.Arrived;
        Message[] others = await AppendAsync(other, Create(other, Bob, "other"));

        late.Release();
        await late.Executed;
        repetition.Release();
        await append;

        Assert.That(batch.Concat(others).Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Stored));
        Assert.That(await ReadIdsAsync(mongo, Alice), Is.EqualTo(batch.Where(static m => m.Channel == Alice).Select(static m => m.Id)));
        Assert.That(await ReadIdsAsync(mongo, Bob), Is.EqualTo(others.Concat(batch.Where(static m => m.Channel == Bob)).Select(static m => m.Id)));
        Assert.That(Server.Documents("messages"), Has.Count.EqualTo(Batch + 1));
    }

    [Test]
    public async Task MajorityThatIsStuck_HoldsTheAnswerBack_UntilItHasConfirmed()
    {
        MongoUnderTest mongo = await OpenAsync();
        await AppendAsync(mongo, Create(mongo, Alice, "first"));
        Server.Lag = true;
        int before = Server.Count("insert messages");
        Message[] batch = [Create(mongo, Alice, "a"), Create(mongo, Alice, "b")];
        Task append = AppendAsync(mongo, batch);
        await Eventually.BecomesTrueAsync(() => Server.Count("insert messages") > before + 1, "it is tried again after the write concern's time");
        Assert.That(append.IsCompleted, Is.False);
        Assert.That(await ReadIdsAsync(mongo, Alice), Is.EqualTo(new[] { "first" }));

        Server.Lag = false;
        await append;

        Assert.That(batch.Select(static m => (m.Outcome, m.Seq)), Is.EqualTo(new[] { (StoreOutcome.Stored, 2L), (StoreOutcome.Stored, 3L) }));
        Assert.That(await ReadIdsAsync(mongo, Alice), Is.EqualTo(new[] { "first", "a", "b" }));
    }

    [Test]
    public async Task FailoverThatLosesWhatWasNotConfirmed_LosesNoMessage([Values] bool given)
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 5);
        Message[] before = await AppendAsync(mongo, CreateBatch(mongo, 4, given, prefix: "a"));
        Server.Lag = true;
        Message[] batch = CreateBatch(mongo, Batch, given);
        Task append = AppendAsync(mongo, batch);
        await Eventually.BecomesTrueAsync(() => Server.Documents("messages").Count == 4 + Batch, "it has its effect");

        Server.RollBack();
        await append;

        await AssertStoredOnceAsync(mongo, [.. before, .. batch]);
    }

    [TestCase("insert messages", 64)]
    [TestCase("insert messages", 91)]
    [TestCase("insert messages", 100)]
    [TestCase("update channels", 64)]
    [TestCase("update channels", 91)]
    public async Task MajorityThatDoesNotConfirm_IsAskedAgain(string command, int code)
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.WriteConcernError(command, code, times: 3);

        Message[] batch = await AppendAsync(mongo, CreateBatch(mongo, Batch));

        await AssertStoredOnceAsync(mongo, batch);
    }
}
