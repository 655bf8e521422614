using PushNode.Messages;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Journal;

namespace PushNode.Tests.Storage;

/// <summary>The new epoch of a journal that was restored: what is kept stays, positions of before mean nothing.</summary>
internal sealed class EpochRenewalTests
{
    private static readonly Channel Alice = Channel.User("alice");
    private static readonly Channel News = Channel.Topic("news");

    private readonly JournalUnderTest journal = new();

    private DataFolder Data => new(journal.DataPath);

    [SetUp]
    public async Task FillAsync()
    {
        await journal.OpenAsync();
        await journal.AppendAsync(Alice, 5);
        journal.Store.MoveCursor("alice", "phone", Alice, 3, journal.Store.Epoch);
        journal.Store.MoveCursor("alice", "phone", News, 0, journal.Store.Epoch);
        await journal.Store.RevokeAsync("bob", 1000, default);
    }

    [TearDown]
    public async Task CloseAsync() => await journal.DisposeAsync();

    [Test]
    public async Task Renewal_KeepsEverything_ButNoPosition()
    {
        string before = journal.Store.Epoch;
        await journal.CloseAsync();

        (string Before, string Now) renewed = EpochRenewal.Run(Data, new Disk());
        await journal.OpenAsync();

        Assert.That(renewed.Before, Is.EqualTo(before));
        Assert.That(renewed.Now, Is.EqualTo(journal.Store.Epoch).And.Not.EqualTo(before));
        Assert.That(await journal.Store.ReadCursorsAsync("alice", "phone", [Alice, News, Channel.All], default), Is.EqualTo(new long?[] { DeviceCursor.OfEarlierEpoch, DeviceCursor.OfEarlierEpoch, null }));
        Assert.That(await journal.Store.ListCursorsAsync(Alice, 10, default), Is.Empty);
        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(5));
        Assert.That((await journal.AppendAsync(Alice, 1))[0].Seq, Is.EqualTo(6));
        Assert.That(await journal.Store.ListRevocationsAsync(default), Is.EqualTo(new[] { KeyValuePair.Create("bob", 1000L) }));
    }

    [Test]
    public async Task CursorOfBefore_MovesAgain_FromAnywhere([Values] bool crash)
    {
        await RenewAsync();
        journal.Store.MoveCursor("alice", "phone", Alice, 1, journal.Store.Epoch);
        await journal.Store.SaveCursorsAsync(default);

        await (crash ? journal.CrashAsync() : journal.ReopenAsync());

        Assert.That(await journal.Store.ReadCursorsAsync("alice", "phone", [Alice, News], default), Is.EqualTo(new long?[] { 1, DeviceCursor.OfEarlierEpoch }));
    }

    [Test]
    public async Task CursorsOfBefore_StayOnesOfBefore_WhenTheLogIsWrittenAnew()
    {
        await RenewAsync();
        string epoch = journal.Store.Epoch;
        journal.Disk.Fail(nameof(Disk.Sync));
        Assert.That(async () => await journal.Store.RevokeAsync("carol", 1, default), Throws.TypeOf<StoreUnavailableException>());
        journal.Disk.Heal();
        await journal.Store.RevokeAsync("carol", 1, default);

        await journal.CrashAsync();

        Assert.That(journal.Store.Epoch, Is.EqualTo(epoch));
        Assert.That(await journal.Store.ReadCursorsAsync("alice", "phone", [Alice], default), Is.EqualTo(new long?[] { DeviceCursor.OfEarlierEpoch }));
    }

    [Test]
    public async Task TornState_IsRenewedToo()
    {
        await journal.CloseAsync();
        byte[] state = await File.ReadAllBytesAsync(journal.StatePath);
        await File.WriteAllBytesAsync(journal.StatePath, [.. state, 1, 2, 3]);

        (_, string now) = EpochRenewal.Run(Data, new Disk());
        await journal.OpenAsync();

        Assert.That(journal.Store.Epoch, Is.EqualTo(now));
        Assert.That(await journal.Store.ReadCursorsAsync("alice", "phone", [Alice], default), Is.EqualTo(new long?[] { DeviceCursor.OfEarlierEpoch }));
        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(5));
    }

    [Test]
    public async Task DamagedState_IsLeftToTheNode()
    {
        await journal.CloseAsync();
        byte[] state = await File.ReadAllBytesAsync(journal.StatePath);
        state[20] ^= 1;
        await File.WriteAllBytesAsync(journal.StatePath, state);

        Assert.That(() => EpochRenewal.Run(Data, new Disk()), Throws.TypeOf<SettingsException>().With.Message.Contains("by itself"));
        Assert.That(await File.ReadAllBytesAsync(journal.StatePath), Is.EqualTo(state));
    }

    [Test]
    public void FullDisk_IsARefusal_AndNoRenewal()
    {
        string before = journal.Store.Epoch;
        Assert.That(async () => await journal.CloseAsync(), Throws.Nothing);
        journal.Disk.Fail(nameof(Disk.Write));

        Assert.That(() => EpochRenewal.Run(Data, journal.Disk), Throws.TypeOf<SettingsException>().With.Message.Contains("room"));

        journal.Disk.Heal();
        Assert.That(async () => (await journal.OpenAsync()).Epoch, Is.EqualTo(before));
    }

    [Test]
    public void JournalInUse_IsRefused() =>
        Assert.That(() => EpochRenewal.Run(Data, new Disk()), Throws.TypeOf<SettingsException>().With.Message.Contains("another pushnode uses this folder"));

    private async Task RenewAsync()
    {
        await journal.CloseAsync();
        EpochRenewal.Run(Data, new Disk());
        await journal.OpenAsync();
    }
}
