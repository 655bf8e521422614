using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Storage;
using PushNode.Storage.Journal;

namespace PushNode.Tests.Storage;

/// <summary>Old segments go, heads stay.</summary>
internal sealed class JournalRetentionTests
{
    private static readonly Channel Alice = Channel.User("alice");
    private static readonly Channel Bob = Channel.User("bob");

    private readonly JournalUnderTest journal = new();

    [SetUp]
    public Task OpenAsync()
    {
        journal.Settings.SegmentBytes = 1000;
        return journal.OpenAsync();
    }

    [TearDown]
    public async Task CloseAsync() => await journal.DisposeAsync();

    [Test]
    public async Task Segments_WhoseMessagesHaveAllExpired_AreDropped()
    {
        await journal.AppendAsync(Alice, 20, TimeSpan.FromMinutes(1), size: 100);
        await journal.AppendAsync(Bob, 20, TimeSpan.FromHours(1), size: 100);
        int before = journal.SegmentFiles.Length;
        await journal.Store.SweepAsync(default);
        Assert.That(journal.SegmentFiles, Has.Length.EqualTo(before), "nothing has expired yet");

        journal.Time.Advance(TimeSpan.FromMinutes(2));
        await journal.Store.SweepAsync(default);

        Assert.That(journal.SegmentFiles, Has.Length.InRange(3, before - 2));
        Assert.That(await journal.ReadAllAsync(Bob), Has.Count.EqualTo(20));
        Assert.That(await journal.ReadAllAsync(Alice), Is.Empty);
        Assert.That(journal.Log.At(LogLevel.Information), Has.Some.Contains("expired"));
    }

    [Test]
    public async Task Segments_OlderThanTheRetention_AreDropped_ThoughTheyNeverExpire()
    {
        journal.Settings.Retention = TimeSpan.FromHours(24);
        await journal.AppendAsync(Alice, 10, size: 100);
        journal.Time.Advance(TimeSpan.FromHours(23));
        await journal.AppendAsync(Alice, 10, size: 100);
        journal.Time.Advance(TimeSpan.FromHours(2));

        await journal.Store.SweepAsync(default);

        List<Message> read = await journal.ReadAllAsync(Alice);
        Assert.That(read, Has.Count.InRange(10, 15));
        Assert.That(read[^1].Seq, Is.EqualTo(20));
    }

    [Test]
    public async Task QuietNode_ClosesItsSegment_SoThatItCanBeDropped()
    {
        journal.Settings.Retention = TimeSpan.FromHours(24);
        await journal.AppendAsync(Alice, 1);
        journal.Time.Advance(TimeSpan.FromHours(2));
        await journal.AppendAsync(Alice, 1);
        Assert.That(journal.SegmentFiles, Has.Length.EqualTo(2));
        journal.Time.Advance(TimeSpan.FromHours(23));

        await journal.Store.SweepAsync(default);

        Assert.That((await journal.ReadAllAsync(Alice)).Select(static m => m.Seq), Is.EqualTo(new long[] { 2 }));
    }

    [Test]
    public async Task Segments_PastTheSize_AreDropped_OldestFirst()
    {
        journal.Settings.MaxBytes = 5000;
        await journal.AppendAsync(Bob, 1);
        await journal.AppendAsync(Alice, 100, size: 100);

        await journal.Store.SweepAsync(default);

        Assert.That(journal.SegmentFiles.Sum(static f => new FileInfo(f).Length), Is.InRange(3000, 5000));
        List<Message> read = await journal.ReadAllAsync(Alice);
        Assert.That(read[^1].Seq, Is.EqualTo(100));
        Assert.That(read[^1].Seq - read[0].Seq, Is.EqualTo(read.Count - 1));
        Assert.That(journal.Store.ReadAsync(Bob, 0, 1000, default).AsTask().IsCompleted, "what was dropped is not looked for on the disk");
    }

    [Test]
    public async Task Head_OutlivesItsMessages_AcrossRestarts([Values] bool crash)
    {
        await journal.AppendAsync(Alice, 20, TimeSpan.FromMinutes(1), size: 100);
        journal.Time.Advance(TimeSpan.FromMinutes(2));
        await journal.AppendAsync(Bob, 20, size: 100);
        journal.Settings.MaxBytes = 2000;
        await journal.Store.SweepAsync(default);
        Assert.That(journal.SegmentFiles.Any(file => journal.CopyFiles()[file].AsSpan().IndexOf("user:alice"u8) >= 0), Is.False);
        for (int i = 0; i < 3; i++)
            await (crash ? journal.CrashAsync() : journal.ReopenAsync());

        MessagePage page = await journal.Store.ReadAsync(Alice, 0, 1000, default);
        Message next = (await journal.AppendAsync(Alice, 1))[0];

        Assert.That((page.Messages.Count, page.Through, page.Head), Is.EqualTo((0, 20L, 20L)));
        Assert.That(next.Seq, Is.EqualTo(21));
        Assert.That(journal.Log.At(LogLevel.Error), Is.Empty);
    }

    [Test]
    public async Task SegmentFile_ThatComesBackAfterItWasDropped_IsNotReadAgain()
    {
        await journal.AppendAsync(Alice, 20, TimeSpan.FromMinutes(1), size: 100);
        Dictionary<string, byte[]> before = journal.CopyFiles();
        journal.Time.Advance(TimeSpan.FromMinutes(2));
        await journal.Store.SweepAsync(default);
        Dictionary<string, byte[]> after = journal.CopyFiles();
        string dropped = before.Keys.Except(after.Keys).First();

        await journal.ReopenWithAsync(new(after) { [dropped] = before[dropped] });

        Assert.That(File.Exists(dropped), Is.False);
        Assert.That((await journal.AppendAsync(Alice, 1))[0].Seq, Is.EqualTo(21));
    }

    [Test]
    public async Task Sweep_ThatCannotWriteTheHeads_DropsNothing()
    {
        await journal.AppendAsync(Alice, 20, TimeSpan.FromMinutes(1), size: 100);
        journal.Time.Advance(TimeSpan.FromMinutes(2));
        int before = journal.SegmentFiles.Length;
        journal.Disk.Fail(nameof(Disk.Write), nameof(Disk.Open), nameof(Disk.Allocate));
        Assert.That(async () => await journal.Store.SweepAsync(default), Throws.TypeOf<StoreUnavailableException>());
        Assert.That(journal.SegmentFiles, Has.Length.EqualTo(before));

        journal.Disk.Heal();
        await journal.Store.SweepAsync(default);
        await journal.CrashAsync();

        Assert.That(journal.SegmentFiles, Has.Length.LessThan(before));
        Assert.That((await journal.AppendAsync(Alice, 1))[0].Seq, Is.EqualTo(21));
    }

    [Test]
    public async Task Sweep_OnAFullDisk_MakesRoomWithItsReserve()
    {
        await journal.AppendAsync(Alice, 20, TimeSpan.FromMinutes(1), size: 100);
        await journal.Store.SweepAsync(default);
        int before = journal.SegmentFiles.Length;
        journal.Time.Advance(TimeSpan.FromMinutes(2));
        journal.Disk.FullUntilDeleted = "reserve";
        journal.Disk.Fail(nameof(Disk.Write), nameof(Disk.Allocate));

        await journal.Store.SweepAsync(default);

        Assert.That(journal.SegmentFiles, Has.Length.LessThan(before));
        Assert.That(File.Exists(Path.Combine(journal.JournalPath, "reserve")), Is.True, "there is a new one");
        Assert.That((await journal.AppendAsync(Alice, 1))[0].Seq, Is.EqualTo(21));
    }

    [Test]
    public async Task ProducerId_IsRememberedAcrossRestarts_AsLongAsItsSegment([Values] bool crash)
    {
        Message first = journal.CreateMessage(Alice, "order-1", TimeSpan.FromMinutes(1));
        await journal.Store.AppendAsync([first], default);
        await (crash ? journal.CrashAsync() : journal.ReopenAsync());
        Message repeated = journal.CreateMessage(Alice, "order-1");
        await journal.Store.AppendAsync([repeated], default);
        await journal.AppendAsync(Bob, 10, size: 100);
        journal.Settings.MaxBytes = 1;
        await journal.Store.SweepAsync(default);
        Message forgotten = journal.CreateMessage(Alice, "order-1");
        await journal.Store.AppendAsync([forgotten], default);

        Assert.That((repeated.Outcome, repeated.Seq), Is.EqualTo((StoreOutcome.Repeated, 1L)));
        Assert.That((forgotten.Outcome, forgotten.Seq), Is.EqualTo((StoreOutcome.Stored, 2L)));
    }
}
