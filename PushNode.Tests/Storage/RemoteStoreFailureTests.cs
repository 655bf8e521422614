using System.Diagnostics;
using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Journal;
using PushNode.Storage.Remote;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage;

/// <summary>What a node notices when the one that stores is away, slow, restarted or replaced, and what becomes of its cursors.</summary>
internal sealed class RemoteStoreFailureTests
{
    private static readonly Channel Alice = Channel.User("alice");
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1.5);

    private readonly RemoteStoreUnderTest remote = new(Timeout);

    private IMessageStore Store => remote.Store;

    [TearDown]
    public async Task EndAsync() => await remote.DisposeAsync();

    [Test]
    public async Task NoNodeStores_IsSaid_AndNothingIsAsked()
    {
        long start = TimeProvider.System.GetTimestamp();
        await remote.StartAskingAsync();
        await Eventually.BecomesTrueAsync(() => Store.Trouble == NoNode, "the missing node is noticed");

        Assert.That(() => Store.Epoch, Throws.TypeOf<StoreUnavailableException>().With.Message.EqualTo(NoNode));
        foreach (Func<Task> question in Questions())
            Assert.That(question, Throws.TypeOf<StoreUnavailableException>().With.Message.EqualTo(NoNode));
        Assert.That(remote.Unready, Is.EqualTo(NoNode));
        await Eventually.BecomesTrueAsync(() => remote.Log.At(LogLevel.Warning).Count > 0, "it is logged when it lasts");
        Assert.That(TimeProvider.System.GetElapsedTime(start), Is.GreaterThan(TimeSpan.FromSeconds(8)), "a cluster that starts is given time");
        Assert.That(remote.Log.At(LogLevel.Warning), Is.EqualTo(new[] { $"New clients wait for their backlog: {NoNode}" }));
    }

    [Test]
    public async Task Append_FailsEveryMessage_SinceOnlyTheOtherNodeCollects()
    {
        await remote.StartAsync();
        Message message = remote.Journal.CreateMessage(Alice);

        await Store.AppendAsync([message], default);

        Assert.That(message.Outcome, Is.EqualTo(StoreOutcome.Failed));
    }

    [Test]
    public async Task Away_EverythingIsRefused_NamingTheNode_AndReturnsWithIt()
    {
        await remote.StartAsync();
        await remote.StopStoringAsync();

        foreach (Func<Task> question in Questions())
            Assert.That(question, Throws.TypeOf<StoreUnavailableException>().With.Message.Contains(remote.Address));
        await remote.IsAwayAsync();
        Assert.That(Store.Trouble, Does.Contain(remote.Address));
        await remote.StartStoringAsync();
        await remote.IsWellAsync();

        foreach (Func<Task> question in Questions())
            Assert.That(question, Throws.Nothing);
    }

    [Test]
    public async Task Returned_IsNoticed_ThoughTheDirectoryStillKnowsTheRunOfBefore()
    {
        await remote.StartAsync();
        await remote.StopStoringAsync();
        await remote.IsAwayAsync();
        await remote.StartStoringAsync(isKnown: false);

        await remote.IsWellAsync();

        Assert.That(remote.Restarts, Is.EqualTo(1));
    }

    [Test]
    public async Task Slow_IsRefusedWithinTheTimeout()
    {
        await remote.StartAsync();
        remote.Service.Answer = static async (_, call) => await Task.Delay(TimeSpan.FromMinutes(1), call.Aborted);
        long start = Stopwatch.GetTimestamp();

        Assert.That(
            async () => await Store.ReadHeadsAsync([Alice], default),
            Throws.TypeOf<StoreUnavailableException>().With.Message.Contains("did not answer within"));

        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(10)));
        await remote.IsAwayAsync();
        start = Stopwatch.GetTimestamp();
        Assert.That(async () => await Store.ReadHeadsAsync([Alice], default), Throws.TypeOf<StoreUnavailableException>());
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(Timeout), "nobody waits for a node that is known to be away");
        remote.Service.Answer = null;
        await remote.IsWellAsync();
        Assert.That(await Store.ReadHeadsAsync([Alice], default), Is.EqualTo(new long[] { 0 }));
    }

    [Test]
    public async Task Asking_CanBeGivenUp()
    {
        await remote.StartAsync();
        remote.Service.Answer = static (path, call) => path == StoreProtocol.Heads ? Task.Delay(TimeSpan.FromMinutes(1), call.Aborted) : null;
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        Assert.That(async () => await Store.ReadHeadsAsync([Alice], patience.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task DiskFull_IsTrouble_ButTheNodeIsReady()
    {
        await remote.StartAsync();
        remote.Journal.Disk.Fail("Write");
        await remote.Journal.Store.AppendAsync([remote.Journal.CreateMessage(Alice)], default);

        await Eventually.BecomesTrueAsync(() => Store.Trouble?.Contains(FaultyDisk.NoSpace, StringComparison.Ordinal) == true, "the trouble is known here");

        Assert.That(remote.Unready, Is.Null);
        Assert.That(await Store.ReadHeadsAsync([Alice], default), Is.EqualTo(new long[] { 0 }));
        remote.Journal.Disk.Heal();
    }

    [Test]
    public async Task Restarted_IsTold_AndCursorsMovedMeanwhileArrive()
    {
        await remote.StartAsync();
        string epoch = Store.Epoch;
        await remote.StopStoringAsync();
        await remote.IsAwayAsync();
        Store.MoveCursor("alice", "phone", Alice, 7, Store.Epoch);
        Assert.That(async () => await Store.SaveCursorsAsync(default), Throws.TypeOf<StoreUnavailableException>());

        await remote.StartStoringAsync();
        await remote.IsWellAsync();

        Assert.That(await Store.ReadCursorsAsync("alice", "phone", [Alice], default), Is.EqualTo(new long?[] { 7 }), "seen here all the time");
        await ArrivesAsync("phone", 7);
        Assert.That((Store.Epoch, remote.Restarts, remote.EpochChanges), Is.EqualTo((epoch, 1, 0)));
    }

    [Test]
    public async Task Replaced_IsTold_BeforeTheEpochChanges_AndCursorsOfBeforeAreDropped()
    {
        await remote.StartAsync();
        string epoch = Store.Epoch;
        string? during = null;
        remote.EpochChanging = () =>
        {
            during = Store.Epoch;
            Store.MoveCursor("alice", "laptop", Alice, 8, Store.Epoch);
        };
        await remote.StopStoringAsync();
        await remote.IsAwayAsync();
        Store.MoveCursor("alice", "phone", Alice, 7, Store.Epoch);
        Directory.Delete(remote.Journal.JournalPath, recursive: true);

        await remote.StartStoringAsync();
        await remote.IsWellAsync();

        Assert.That((remote.EpochChanges, remote.Restarts, during), Is.EqualTo((1, 0, epoch)));
        Assert.That(Store.Epoch, Is.EqualTo(remote.Journal.Store.Epoch).And.Not.EqualTo(epoch));
        Store.MoveCursor("alice", "tablet", Alice, 1, Store.Epoch);
        await ArrivesAsync("tablet", 1);
        Assert.That(await remote.Journal.Store.ListCursorsAsync(Alice, 10, default), Is.EqualTo(new[] { new DeviceCursor("alice", "tablet", 1) }));
        Assert.That(remote.Log.At(LogLevel.Error), Has.One.Contains(epoch));
    }

    [Test]
    public async Task AnswerOfTheLifeBefore_ThatWasOvertaken_IsDropped()
    {
        await remote.StartAsync();
        PeerWriter before = remote.BeginAnswer();
        before.Long(41);
        var gate = new TaskCompletionSource();
        remote.Service.Answer = (path, call) => path switch
        {
            StoreProtocol.Heads => AnswerLateAsync(call),
            StoreProtocol.Status => AnswerOtherAsync(call),
            _ => null,
        };
        Task<long[]> late = Store.ReadHeadsAsync([Alice], default).AsTask();
        await Eventually.BecomesTrueAsync(() => remote.EpochChanges == 1 && Store.Epoch == "other", "the new life is noticed");
        gate.SetResult();

        Assert.That(async () => await late, Throws.TypeOf<StoreUnavailableException>().With.Message.Contains("has changed meanwhile"));
        Assert.That((remote.EpochChanges, Store.Epoch), Is.EqualTo((1, "other")));

        async Task AnswerLateAsync(PeerCall call)
        {
            await gate.Task;
            await call.AnswerAsync(before.Written);
        }

        static async Task AnswerOtherAsync(PeerCall call)
        {
            var other = new PeerWriter();
            other.Text("other");
            other.Text("run");
            other.Flag(false);
            await call.AnswerAsync(other.Written);
        }
    }

    [Test]
    public async Task Renewed_EpochIsTold_AndCursorsOfBeforeSayNothing_UntilTheyMove()
    {
        await remote.StartAsync();
        Store.MoveCursor("alice", "phone", Alice, 7, Store.Epoch);
        await Store.SaveCursorsAsync(default);
        await remote.StopStoringAsync();
        EpochRenewal.Run(new DataFolder(remote.Journal.DataPath), remote.Journal.Disk);
        await remote.StartStoringAsync();
        remote.Service.Answer = static (path, call) => path == StoreProtocol.Move ? call.AnswerUnavailableAsync("not now") : null;
        await Eventually.BecomesTrueAsync(() => remote.EpochChanges == 1 && Store.Trouble is null, "the new epoch is noticed");

        Assert.That(await Store.ReadCursorsAsync("alice", "phone", [Alice], default), Is.EqualTo(new long?[] { DeviceCursor.OfEarlierEpoch }));
        Store.MoveCursor("alice", "phone", Alice, 1, Store.Epoch);
        Assert.That(await Store.ReadCursorsAsync("alice", "phone", [Alice], default), Is.EqualTo(new long?[] { 1 }));
    }

    [Test]
    public async Task Cursor_ArrivesSoon_ByItself()
    {
        await remote.StartAsync();
        Store.MoveCursor("alice", "phone", Alice, 5, Store.Epoch);

        await Eventually.BecomesTrueAsync(() => CursorAsync("phone", 5), "another node could read it", TimeSpan.FromSeconds(5));
    }

    [Test]
    public async Task Cursor_Saved_SurvivesACrashOfTheNodeThatStores()
    {
        await remote.StartAsync();
        Store.MoveCursor("alice", "phone", Alice, 5, Store.Epoch);
        await Store.SaveCursorsAsync(default);
        Dictionary<string, byte[]> left = remote.Journal.CopyFiles();

        await remote.StopStoringAsync();
        await remote.Journal.ReopenWithAsync(left);

        Assert.That(await CursorAsync("phone", 5), Is.True);
    }

    [Test]
    public async Task Cursors_SavedByMany_ShareRequests()
    {
        await remote.StartAsync();
        int requests = 0;
        remote.Service.Answer = (path, _) =>
        {
            if (path == StoreProtocol.Move)
                Interlocked.Increment(ref requests);
            return null;
        };

        await Task.WhenAll(Enumerable.Range(1, 1000).Select(async i =>
        {
            await Task.Yield();
            Store.MoveCursor("alice", $"d{i}", Alice, i, Store.Epoch);
            await Store.SaveCursorsAsync(default);
            Assert.That(await CursorAsync($"d{i}", i), Is.True, "durable when it returns");
        }));

        Assert.That(requests, Is.LessThan(200));
        Assert.That(remote.Pending.Count, Is.Zero);
    }

    [Test]
    public async Task Cursor_ThatLeavesWhileItIsRead_IsNotMissed()
    {
        await remote.StartAsync();
        // What the store answers is of a moment before the cursor arrived there, and comes when nothing is pending here any more.
        remote.Service.Answer = (path, call) => path == StoreProtocol.Cursors ? AnswerLateAsync(call) : null;
        Store.MoveCursor("alice", "phone", Alice, 5, Store.Epoch);

        Assert.That(await Store.ReadCursorsAsync("alice", "phone", [Alice], default), Is.EqualTo(new long?[] { 5 }));

        async Task AnswerLateAsync(PeerCall call)
        {
            await ArrivesAsync("phone", 5);
            await Eventually.BecomesTrueAsync(() => remote.Pending.Count == 0, "it is not pending any more");
            PeerWriter stale = remote.BeginAnswer();
            stale.Flag(false);
            await call.AnswerAsync(stale.Written);
        }
    }

    [Test]
    public async Task Stopping_WritesWhatIsPending()
    {
        await remote.StartAsync();
        Store.MoveCursor("alice", "phone", Alice, 5, Store.Epoch);

        await remote.StopAskingAsync();

        Assert.That(await CursorAsync("phone", 5), Is.True);
    }

    [Test]
    public async Task Stopping_WhileTheStoreIsAway_DoesNotWaitForIt()
    {
        await remote.StartAsync();
        await remote.StopStoringAsync();
        await remote.IsAwayAsync();
        Store.MoveCursor("alice", "phone", Alice, 5, Store.Epoch);
        long start = Stopwatch.GetTimestamp();

        await remote.StopAskingAsync();

        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(8)));
        Assert.That(remote.Log.At(LogLevel.Warning), Has.One.StartsWith("1 moved cursors could not be written before the end"));
        Assert.That(async () => await Store.SaveCursorsAsync(default), Throws.TypeOf<StoreUnavailableException>());
    }

    [Test]
    public async Task StoreMovedToAnotherNode_IsFound_ThoughTheOldOneIsStillListed()
    {
        await remote.StartAsync();
        await remote.StopStoringAsync();

        await using InternalListener elsewhere = await remote.StartStoringElsewhereAsync();
        await remote.IsWellAsync();
        await Eventually.BecomesTrueAsync(() => remote.Restarts == 1, "it is another run of the same store");

        Assert.That(await Store.ReadHeadsAsync([Alice], default), Is.EqualTo(new long[] { 0 }));
        Assert.That(remote.EpochChanges, Is.Zero);
    }

    private const string NoNode = "no node of the cluster stores messages at the moment: start one with the collect role";

    private Func<Task>[] Questions() =>
    [
        async () => await Store.ReadAsync(Alice, 0, 1000, default),
        async () => await Store.FindAsync(Alice, 1, default),
        async () => await Store.ReadHeadsAsync([Alice], default),
        async () => await Store.ReadCursorsAsync("alice", "phone", [Alice], default),
        async () => await Store.ListCursorsAsync(Alice, 10, default),
        async () => await Store.ListRevocationsAsync(default),
        async () => await Store.RevokeAsync("alice", 1000, default),
    ];

    private async Task<bool> CursorAsync(string device, long seq) =>
        (await remote.Journal.Store.ReadCursorsAsync("alice", device, [Alice], default))[0] == seq;

    private Task ArrivesAsync(string device, long seq) => Eventually.BecomesTrueAsync(() => CursorAsync(device, seq), "the cursor arrives");
}
