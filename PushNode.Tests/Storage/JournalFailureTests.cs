using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Storage;
using PushNode.Storage.Journal;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage;

/// <summary>A disk that is full or broken: nothing is promised that is not there, and it recovers by itself.</summary>
internal sealed class JournalFailureTests
{
    private static readonly Channel Alice = Channel.User("alice");

    private readonly JournalUnderTest journal = new();

    [SetUp]
    public async Task OpenAsync()
    {
        await journal.OpenAsync();
        await journal.AppendAsync(Alice, 2);
    }

    [TearDown]
    public async Task CloseAsync() => await journal.DisposeAsync();

    [TestCase(nameof(Disk.Write), 0)]
    [TestCase(nameof(Disk.Write), 1)]
    [TestCase(nameof(Disk.Write), 30)]
    [TestCase(nameof(Disk.Write), 10_000)]
    [TestCase(nameof(Disk.Sync), 0)]
    public async Task Append_WhenTheDiskFails_FailsTheBatch_AndGoesOnWithTheNextSeq(string operation, int shortWrite)
    {
        journal.Disk.ShortWrite = shortWrite;
        journal.Disk.Fail(operation);
        Message[] refused = [journal.CreateMessage(Alice), journal.CreateMessage(Alice, "order-1")];
        await journal.Store.AppendAsync(refused, default);

        Assert.That(refused.Select(static m => (m.Outcome, m.Seq)), Is.All.EqualTo((StoreOutcome.Failed, 0L)));
        Assert.That(journal.Store.Trouble, Does.Contain(FaultyDisk.NoSpace));
        Assert.That((await journal.Store.ReadHeadsAsync([Alice], default))[0], Is.EqualTo(2));
        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(2));

        journal.Disk.Heal();
        Message again = journal.CreateMessage(Alice, "order-1");
        await journal.Store.AppendAsync([again], default);

        Assert.That((again.Outcome, again.Seq), Is.EqualTo((StoreOutcome.Stored, 3L)));
        Assert.That(journal.Store.Trouble, Is.Null);
        await journal.CrashAsync();
        Assert.That((await journal.ReadAllAsync(Alice)).Select(m => (m.Seq, m.Id == again.Id)), Is.EqualTo(new[] { (1L, false), (2L, false), (3L, true) }));
        Assert.That(journal.Log.At(LogLevel.Error), Is.Empty);
    }

    [Test]
    public async Task Append_WhileTheFileCannotBeCutBack_IsRefused_UntilItCan()
    {
        journal.Disk.ShortWrite = 10_000;
        journal.Disk.Fail(nameof(Disk.Write), nameof(Disk.Truncate));
        Assert.That((await journal.AppendAsync(Alice, 1))[0].Outcome, Is.EqualTo(StoreOutcome.Failed));
        journal.Disk.Heal();
        journal.Disk.Fail(nameof(Disk.Truncate));

        Message[] refused = await journal.AppendAsync(Alice, 3);
        journal.Disk.Heal();
        Message accepted = (await journal.AppendAsync(Alice, 1))[0];

        Assert.That(refused.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed));
        Assert.That(accepted.Seq, Is.EqualTo(3));
        await journal.CrashAsync();
        Assert.That((await journal.ReadAllAsync(Alice)).Select(static m => m.Id).Last(), Is.EqualTo(accepted.Id));
        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Crash_BeforeAFailureIsRepaired_KeepsWhatWasStored_AndReusesNoSeq([Values(0, 30, 200, 10_000)] int shortWrite)
    {
        journal.Disk.ShortWrite = shortWrite;
        journal.Disk.Fail(nameof(Disk.Write));
        Message[] refused = [journal.CreateMessage(Alice, "a", size: 100), journal.CreateMessage(Alice, "b", size: 100)];
        await journal.Store.AppendAsync(refused, default);
        Dictionary<string, byte[]> files = journal.CopyFiles();
        journal.Disk.Heal();

        await journal.ReopenWithAsync(files);
        List<Message> read = await journal.ReadAllAsync(Alice);
        Message[] again = [journal.CreateMessage(Alice, "a"), journal.CreateMessage(Alice, "b")];
        await journal.Store.AppendAsync(again, default);

        Assert.That(read.Select(static m => m.Seq).Take(2), Is.EqualTo(new long[] { 1, 2 }));
        Assert.That(again.Select(static m => m.Seq), Is.Ordered.And.Unique.And.All.GreaterThan(2));
        Assert.That(
            again.Select(static m => m.Outcome == StoreOutcome.Repeated),
            Is.EqualTo(refused.Select(r => read.Any(m => m.Id == r.Id))),
            "what has turned out to be stored is not stored twice");
    }

    [Test]
    public async Task Append_AfterAFailedSync_GoesOnInANewSegment()
    {
        long good = JournalUnderTest.ContentOf(journal.SegmentFiles[0]);
        journal.Disk.Fail(nameof(Disk.Sync));
        await journal.AppendAsync(Alice, 1);
        journal.Disk.Heal();

        await journal.AppendAsync(Alice, 1);

        Assert.That(journal.SegmentFiles, Has.Length.EqualTo(2));
        Assert.That(new FileInfo(journal.SegmentFiles[0]).Length, Is.EqualTo(good));
    }

    [Test]
    public async Task Append_WhenNoNewSegmentCanBeMade_IsRefused_UntilItCan(
        [Values(nameof(Disk.Open), nameof(Disk.Write), nameof(Disk.Sync), nameof(Disk.SyncFolder))] string operation)
    {
        journal.Settings.SegmentBytes = 1;
        journal.Disk.Fail(operation);
        Message refused = (await journal.AppendAsync(Alice, 1))[0];
        journal.Disk.Heal();
        Message accepted = (await journal.AppendAsync(Alice, 1))[0];

        Assert.That(refused.Outcome, Is.EqualTo(StoreOutcome.Failed));
        Assert.That(accepted.Seq, Is.EqualTo(3));
        await journal.CrashAsync();
        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Trouble_EndsByItself_ThoughNobodyAppends()
    {
        journal.Disk.Fail(nameof(Disk.Write));
        await journal.AppendAsync(Alice, 1);
        Assert.That(journal.Store.Trouble, Is.Not.Null);

        journal.Disk.Heal();

        await Eventually.BecomesTrueAsync(() => journal.Store.Trouble is null, "the trouble ends");
    }

    [Test]
    public async Task Trouble_LastsAsLongAsTheDiskIsFull_ThoughNobodyAppends()
    {
        journal.Settings.SegmentBytes = 1;
        await journal.Store.TidyAsync();
        journal.Disk.Fail(nameof(Disk.Write));
        await journal.AppendAsync(Alice, 1);
        await journal.Store.TidyAsync();
        string? full = journal.Store.Trouble;
        journal.Disk.Heal();
        await journal.Store.TidyAsync();

        Assert.That(full, Is.Not.Null);
        Assert.That(journal.Store.Trouble, Is.Null);
        Assert.That(Directory.GetFiles(journal.JournalPath, "probe"), Is.Empty);
    }

    [Test]
    public async Task Failure_IsLoggedOnce_AndItsEndToo()
    {
        journal.Disk.Fail(nameof(Disk.Write));
        await journal.AppendAsync(Alice, 5);
        journal.Disk.Heal();
        await journal.AppendAsync(Alice, 1);

        Assert.That(journal.Log.At(LogLevel.Error), Has.Count.EqualTo(1));
        Assert.That(journal.Log.At(LogLevel.Information), Has.One.Contains("can be written again"));
    }

    [Test]
    public async Task Read_WhenTheDiskDoesNotRead_SaysSo_AndWorksAgainLater()
    {
        journal.Disk.Fail(nameof(Disk.Read));
        Assert.That(
            async () => await journal.Store.ReadAsync(Alice, 0, 1000, default),
            Throws.TypeOf<StoreUnavailableException>().With.Message.Contains(FaultyDisk.NoSpace));
        Assert.That(async () => await journal.Store.FindAsync(Alice, 1, default), Throws.TypeOf<StoreUnavailableException>());

        journal.Disk.Heal();

        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Read_OfADamagedRecord_SaysSo_AndReadsTheOthers()
    {
        string file = journal.SegmentFiles[0];
        await using (var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            stream.Position = SegmentHeader.Length + 30;
            stream.WriteByte(0xFF);
        }

        List<Message> read = await journal.ReadAllAsync(Alice);

        Assert.That(read.Select(static m => m.Seq), Is.EqualTo(new long[] { 2 }));
        Assert.That(journal.Log.At(LogLevel.Error), Has.One.Contains($"{file} holds damage where the message 1 of user:alice should be, at byte {SegmentHeader.Length}"));
    }

    [Test]
    public async Task IntervalSync_ThatFails_KeepsWhatWasStored_AndGoesOnInANewSegment()
    {
        journal.Settings.Sync = JournalSync.EveryIntervalLosingUpToIt;
        journal.Settings.SyncInterval = TimeSpan.FromMilliseconds(10);
        await journal.ReopenAsync();
        journal.Disk.Fail(nameof(Disk.Sync));
        Message stored = (await journal.AppendAsync(Alice, 1))[0];
        await Eventually.BecomesTrueAsync(() => journal.Log.At(LogLevel.Error).Any(static l => l.Contains("could not be forced")), "the failure is logged");
        journal.Disk.Heal();

        await journal.AppendAsync(Alice, 1);

        Assert.That(stored.Outcome, Is.EqualTo(StoreOutcome.Stored));
        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(4));
        Assert.That(journal.SegmentFiles, Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Revocation_ThatCannotBeWritten_IsNotInForce_AndTheNextOneIs()
    {
        journal.Disk.Fail(nameof(Disk.Sync));
        Assert.That(async () => await journal.Store.RevokeAsync("alice", 5, default), Throws.TypeOf<StoreUnavailableException>());
        Assert.That(await journal.Store.ListRevocationsAsync(default), Is.Empty);

        journal.Disk.Heal();
        await journal.Store.RevokeAsync("bob", 7, default);
        await journal.CrashAsync();

        Assert.That(await journal.Store.ListRevocationsAsync(default), Is.EqualTo(new[] { KeyValuePair.Create("bob", 7L) }));
    }

    [Test]
    public async Task Store_NotOpenOrClosed_RefusesInsteadOfBreaking()
    {
        JournalStore store = journal.Store;
        await journal.CloseAsync();
        Message message = journal.CreateMessage(Alice);

        await store.AppendAsync([message], default);
        store.MoveCursor("alice", "phone", Alice, 1, "e1");

        Assert.That(message.Outcome, Is.EqualTo(StoreOutcome.Failed));
        Assert.That(store.Trouble, Is.Not.Null);
        Assert.That(async () => await store.ReadAsync(Alice, 0, 1, default), Throws.TypeOf<StoreUnavailableException>());
    }
}
