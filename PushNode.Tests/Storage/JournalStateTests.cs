using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Storage;
using PushNode.Storage.Journal;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage;

/// <summary>Cursors, revocations and the epoch, in the log that outlives segments.</summary>
internal sealed class JournalStateTests
{
    private static readonly Channel Alice = Channel.User("alice");
    private static readonly Channel News = Channel.Topic("news");

    private readonly JournalUnderTest journal = new();

    [SetUp]
    public Task OpenAsync() => journal.OpenAsync();

    [TearDown]
    public async Task CloseAsync() => await journal.DisposeAsync();

    [Test]
    public async Task Cursors_SurviveAnOrderlyClose()
    {
        journal.Store.MoveCursor("alice", "phone", Alice, 5, journal.Store.Epoch);
        journal.Store.MoveCursor("alice", "phone", News, 6, journal.Store.Epoch);
        journal.Store.MoveCursor("alice", "phone", Alice, 8, journal.Store.Epoch);

        await journal.ReopenAsync();

        Assert.That(await journal.Store.ReadCursorsAsync("alice", "phone", [Alice, News], default), Is.EqualTo(new long?[] { 8, 6 }));
    }

    [Test]
    public async Task Cursors_AreWrittenByThemselves_WithinASecondOrSo()
    {
        journal.Store.MoveCursor("alice", "phone", Alice, 5, journal.Store.Epoch);

        await Eventually.BecomesTrueAsync(() => journal.CopyFiles()[journal.StatePath].AsSpan().IndexOf("phone"u8) > 0, "the cursor is in the file");
        await journal.CrashAsync();

        Assert.That(await journal.Store.ReadCursorsAsync("alice", "phone", [Alice], default), Is.EqualTo(new long?[] { 5 }));
    }

    [Test]
    public async Task Cursors_MovedManyTimes_AreWrittenOnce()
    {
        long before = new FileInfo(journal.StatePath).Length;
        for (int i = 1; i <= 1000; i++)
            journal.Store.MoveCursor("alice", "phone", Alice, i, journal.Store.Epoch);
        await journal.Store.SaveCursorsAsync(default);

        Assert.That(new FileInfo(journal.StatePath).Length - before, Is.LessThan(200));
    }

    [Test]
    public async Task Cursors_WhoseWriteFailed_AreWrittenLater([Values(nameof(Disk.Write), nameof(Disk.Sync))] string operation)
    {
        journal.Store.MoveCursor("alice", "phone", Alice, 5, journal.Store.Epoch);
        journal.Disk.Fail(operation);
        Assert.That(async () => await journal.Store.SaveCursorsAsync(default), Throws.TypeOf<StoreUnavailableException>());

        journal.Disk.Heal();
        await journal.Store.SaveCursorsAsync(default);
        await journal.CrashAsync();

        Assert.That(await journal.Store.ReadCursorsAsync("alice", "phone", [Alice], default), Is.EqualTo(new long?[] { 5 }));
    }

    [Test]
    public async Task Cursors_OfOneUser_AreBounded_AndTheOneMovedLongestAgoGoes([Values] bool restart)
    {
        const int Max = 20;
        journal.Settings.MaxCursorsPerUser = Max;
        await journal.ReopenAsync();
        for (int i = 0; i < Max; i++)
            journal.Store.MoveCursor("alice", Device(i), Alice, 1, journal.Store.Epoch);
        journal.Store.MoveCursor("alice", Device(0), Alice, 2, journal.Store.Epoch);
        journal.Store.MoveCursor("alice", Device(Max), Alice, 1, journal.Store.Epoch);
        journal.Store.MoveCursor("bob", Device(0), Channel.User("bob"), 7, journal.Store.Epoch);
        if (restart)
            await journal.ReopenAsync();

        Assert.That(await journal.Store.ReadCursorsAsync("alice", Device(0), [Alice], default), Is.EqualTo(new long?[] { 2 }));
        Assert.That(await journal.Store.ReadCursorsAsync("alice", Device(1), [Alice], default), Is.EqualTo(new long?[] { null }));
        Assert.That(await journal.Store.ReadCursorsAsync("alice", Device(2), [Alice], default), Is.EqualTo(new long?[] { 1 }));
        Assert.That(await journal.Store.ReadCursorsAsync("bob", Device(0), [Channel.User("bob")], default), Is.EqualTo(new long?[] { 7 }));
        Assert.That(await journal.Store.ListCursorsAsync(Alice, int.MaxValue, default), Has.Count.EqualTo(Max));
    }

    [Test]
    public async Task Cursors_ThatAreForgotten_AreCounted()
    {
        journal.Settings.MaxCursorsPerUser = 20;
        await journal.ReopenAsync();
        int forgotten = 0;
        // Other tests count at the same time, on threads of their own.
        int thread = Environment.CurrentManagedThreadId;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument is { Meter.Name: "PushNode", Name: "pushnode.cursors.forgotten" })
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => forgotten += Environment.CurrentManagedThreadId == thread ? (int)value : 0);
        listener.Start();

        for (int round = 1; round <= 3; round++)
        {
            for (int i = 0; i < 20; i++)
                journal.Store.MoveCursor("alice", Device(i), Alice, round, journal.Store.Epoch);
        }

        Assert.That(forgotten, Is.Zero);
        for (int i = 20; i < 25; i++)
            journal.Store.MoveCursor("alice", Device(i), Alice, 1, journal.Store.Epoch);
        Assert.That(forgotten, Is.EqualTo(5));
    }

    [Test]
    public async Task Cursors_BeyondALimitThatWasLowered_AreForgotten_OldestFirst()
    {
        for (int i = 0; i < 40; i++)
            journal.Store.MoveCursor("alice", Device(i), Alice, 1, journal.Store.Epoch);
        journal.Settings.MaxCursorsPerUser = 16;
        await journal.ReopenAsync();

        Assert.That((await journal.Store.ListCursorsAsync(Alice, 100, default)).Select(static c => c.Device), Is.EquivalentTo(Enumerable.Range(24, 16).Select(Device)));
    }

    [TestCase(15)]
    [TestCase(16_385)]
    public void MaxCursorsPerUser_OutOfBounds_IsRefused(int value) =>
        Assert.That(new JournalSettings { MaxCursorsPerUser = value }.Check().Single().ToString(), Does.Contain("Journal:MaxCursorsPerUser").And.Contain("16 to 16384"));

    [Test]
    public async Task Revocation_IsDurable_WhenItReturns()
    {
        await journal.Store.RevokeAsync("alice", 1000, default);
        await journal.CrashAsync();

        Assert.That(await journal.Store.ListRevocationsAsync(default), Is.EqualTo(new[] { KeyValuePair.Create("alice", 1000L) }));
    }

    [Test]
    public async Task Epoch_StaysTheSame_AcrossRestarts()
    {
        string epoch = journal.Store.Epoch;
        await journal.ReopenAsync();
        string second = journal.Store.Epoch;
        await journal.CrashAsync();

        Assert.That(new[] { second, journal.Store.Epoch }, Is.All.EqualTo(epoch));
    }

    [Test]
    public async Task TornEnd_OfTheStateLog_LosesNothingConfirmed()
    {
        await journal.Store.RevokeAsync("alice", 1000, default);
        string epoch = journal.Store.Epoch;
        int confirmed = (int)new FileInfo(journal.StatePath).Length;
        journal.Store.MoveCursor("alice", "phone", Alice, 5, journal.Store.Epoch);
        await journal.Store.SaveCursorsAsync(default);
        Dictionary<string, byte[]> files = journal.CopyFiles();
        byte[] whole = files[journal.StatePath];

        for (int length = confirmed; length <= whole.Length; length += 3)
        {
            await journal.ReopenWithAsync(new(files) { [journal.StatePath] = whole[..length] });
            Assert.That(journal.Store.Epoch, Is.EqualTo(epoch));
            Assert.That(await journal.Store.ListRevocationsAsync(default), Has.Count.EqualTo(1));
            Assert.That(journal.Log.At(LogLevel.Error), Is.Empty);

            await journal.CrashAsync();
            Assert.That(journal.Store.Epoch, Is.EqualTo(epoch), "the torn end is not left in the middle");
        }
    }

    [Test]
    public async Task Damage_InTheStateLog_KeepsCursorsBelowTheirHeads()
    {
        await journal.AppendAsync(Alice, 3);
        journal.Store.MoveCursor("alice", "phone", Alice, 3, journal.Store.Epoch);
        journal.Store.MoveCursor("alice", "phone", News, 700, journal.Store.Epoch);
        await journal.CloseAsync();
        byte[] bytes = await File.ReadAllBytesAsync(journal.StatePath);
        bytes[20] ^= 1;
        await File.WriteAllBytesAsync(journal.StatePath, bytes);

        await journal.OpenAsync();

        Assert.That(await journal.Store.ReadCursorsAsync("alice", "phone", [Alice, News], default), Is.EqualTo(new long?[] { 3, 0 }));
    }

    [Test]
    public async Task Rewrite_KeepsEverything_AndShrinksTheFile()
    {
        await FillAsync();
        long long1 = new FileInfo(journal.StatePath).Length;
        await journal.Store.RevokeAsync("bob", 1, default);

        Assert.That(new FileInfo(journal.StatePath).Length, Is.LessThan(long1 / 4));
        await journal.CrashAsync();
        await AssertFilledAsync();
    }

    [TestCase(nameof(Disk.Open))]
    [TestCase(nameof(Disk.Write))]
    [TestCase(nameof(Disk.Sync))]
    [TestCase(nameof(Disk.Replace))]
    [TestCase(nameof(Disk.SyncFolder))]
    public async Task Rewrite_InterruptedAtAnyStep_LosesNothing(string operation)
    {
        await FillAsync();
        journal.Disk.ShortWrite = 1000;
        journal.Disk.Fail(operation);
        Assert.That(async () => await journal.Store.RevokeAsync("bob", 1, default), Throws.TypeOf<StoreUnavailableException>());
        Dictionary<string, byte[]> interrupted = journal.CopyFiles();

        journal.Disk.Heal();
        await journal.Store.RevokeAsync("bob", 2, default);
        await journal.CrashAsync();
        await AssertFilledAsync();
        Assert.That(await journal.Store.ListRevocationsAsync(default), Has.Member(KeyValuePair.Create("bob", 2L)));

        await journal.ReopenWithAsync(interrupted);
        await AssertFilledAsync();
        Assert.That(journal.CopyFiles().Keys, Has.None.EndsWith(".new"));
    }

    private static string Device(int number) => $"device{number.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Makes the log so long that the next save writes it anew.</summary>
    private async Task FillAsync()
    {
        await journal.AppendAsync(Alice, 3);
        await journal.Store.RevokeAsync("carol", 77, default);
        for (int round = 1; new FileInfo(journal.StatePath).Length <= 1 << 20; round++)
        {
            for (int user = 0; user < 2000; user++)
                journal.Store.MoveCursor($"user{user}", "default", Channel.User($"user{user}"), round, journal.Store.Epoch);
            await journal.Store.SaveCursorsAsync(default);
        }
    }

    private async Task AssertFilledAsync()
    {
        long?[] cursors = await journal.Store.ReadCursorsAsync("user1999", "default", [Channel.User("user1999")], default);
        Assert.That(cursors[0], Is.GreaterThan(5));
        Assert.That(await journal.Store.ListRevocationsAsync(default), Has.Member(KeyValuePair.Create("carol", 77L)));
        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(3));
        Assert.That(journal.Log.At(LogLevel.Error), Is.Empty.Or.All.Contains("cannot be written"));
    }
}
