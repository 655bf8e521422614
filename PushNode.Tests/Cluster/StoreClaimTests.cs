using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PushNode.Cluster.Redis;
using PushNode.Diagnostics;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Journal;
using PushNode.Storage.Remote;
using PushNode.Tests.Collect;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

internal sealed class StoreClaimTests
{
    private const string First = "127.0.0.1:11";
    private const string Second = "127.0.0.1:12";

    private RedisServer server = null!;
    private TemporaryFolder folder = null!;

    [SetUp]
    public void Prepare()
    {
        server = RedisServer.Prepare();
        folder = new TemporaryFolder();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Test]
    public async Task OneNodeStores_AndASecondIsRefused_WithASentence()
    {
        await server.StartAsync();
        await using Storer first = await StartAsync(First);
        await using Storer second = Prepare(Second);

        await first.Claim.StartAsync(default);
        await second.Member.StartAsync();

        Assert.That(
            async () => await second.Claim.StartAsync(default),
            Throws.TypeOf<SettingsException>().With.Message.StartsWith("Roles is 'collect, push': ").And.Message.Contains(First).And.Message.Contains("one node only"));
        Assert.That(first.Claim.IsHeld, Is.True);
        Assert.That(second.Claim.IsHeld, Is.False);
        Assert.That(second.Claim.Lack, Does.Contain(First));
        Assert.That(second.Member.Logs.At(LogLevel.Information), Has.Exactly(1).Contains($"Node {First} stores"));
        Assert.That(second.HasFile, Is.False);
    }

    [Test]
    public async Task RedisThatHasForgottenTheClaim_LeavesItToTheOneThatHadIt()
    {
        await server.StartAsync();
        await using Storer first = await StartAsync(First);
        await using Storer second = Prepare(Second);
        await first.Claim.StartAsync(default);
        await second.Member.StartAsync();
        Task refused = second.Claim.StartAsync(default);
        await Eventually.BecomesTrueAsync(() => second.Member.Logs.At(LogLevel.Information).Any(static l => l.Contains("stores", StringComparison.Ordinal)), "the second one waits");

        await server.CommandAsync("FLUSHALL");

        Assert.That(async () => await refused, Throws.TypeOf<SettingsException>());
        Assert.That((first.Claim.IsHeld, second.Claim.IsHeld), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task ClaimOfANodeThatWasKilled_LapsesWhileTheNextOneWaits()
    {
        await server.StartAsync();
        await using (Storer killed = await StartAsync(First))
            await killed.Claim.StartAsync(default);
        await using Storer next = await StartAsync(Second);

        await next.Claim.StartAsync(default);

        Assert.That(next.Claim.IsHeld, Is.True);
    }

    [Test]
    public async Task SameAddress_AndOneThatWasGivenUp_AreTakenOverAtOnce()
    {
        await server.StartAsync();
        await using (Storer killed = await StartAsync(First))
            await killed.Claim.StartAsync(default);
        await using Storer again = await StartAsync(First);
        Assert.That(await Elapsed.OfAsync(() => again.Claim.StartAsync(default)), Is.LessThan(TimeSpan.FromSeconds(1)));
        await again.Claim.StopAsync(default);
        await Eventually.BecomesTrueAsync(async () => (await server.CommandAsync("GET", $"pn:node:{First}"))[0].Contains("\"stores\":false", StringComparison.Ordinal), "it tells that it does not store");
        await using Storer other = await StartAsync(Second);

        Assert.That(await Elapsed.OfAsync(() => other.Claim.StartAsync(default)), Is.LessThan(TimeSpan.FromSeconds(1)));
        await again.Claim.StopAsync(default);

        Assert.That(await server.CommandAsync("GET", "pn:store"), Has.Exactly(1).Contains(Second), "only its own claim is given up");
    }

    [Test]
    public async Task WithoutRedis_ANodeThatNeverStored_StartsWithoutTheClaim_AndGivesRedisTimeToHearOfAnother()
    {
        await using Storer node = Prepare(First);
        await node.Member.Pulse.StartAsync(default);

        await node.Claim.StartAsync(default);
        Assert.That((node.Claim.IsHeld, node.Claim.Lack), Is.EqualTo((false, $"it is not known yet whether another node stores the messages of this cluster: Redis at {server.Address} cannot be used")));
        Assert.That(node.Member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("it takes no messages until"));
        await server.StartAsync();
        await Eventually.BecomesTrueAsync(() => node.Member.Link.IsReachable, "Redis is there");
        TimeSpan waited = await Elapsed.OfAsync(() => Eventually.BecomesTrueAsync(() => node.Claim.IsHeld, "the claim is made when Redis is there"));

        Assert.That(waited, Is.GreaterThan(TimeSpan.FromSeconds(2)), "another has the time of a heartbeat");
        Assert.That(node.Lifetime.IsStopped, Is.False);
    }

    [Test]
    public async Task WithoutRedis_TheOneThatStoredLast_GoesOn_AndWinsWhenRedisComesBackEmpty()
    {
        await server.StartAsync();
        string former;
        await using (Storer killed = await StartAsync(First))
        {
            await killed.Claim.StartAsync(default);
            former = await StoreAsync();
        }

        await server.KillAsync();
        await using var network = new TestLink(server.Port) { State = LinkState.Cut };
        await using Storer again = Prepare(First, connection: $"127.0.0.1:{network.Port}");
        await again.Member.Pulse.StartAsync(default);
        await again.Claim.StartAsync(default);
        await again.Member.Pulse.StartedAsync(default);
        Assert.That(again.Claim.IsHeld, Is.True);

        await server.StartAsync();
        await using Storer other = await StartAsync(Second, "e2");
        await other.Claim.StartAsync(default);
        Assert.That(other.Claim.IsHeld, Is.True, "it cannot know of the first one");
        network.State = LinkState.Open;
        await Eventually.BecomesTrueAsync(() => other.Lifetime.IsStopped, "the later one ends");

        Assert.That((again.Claim.IsHeld, other.Claim.IsHeld, other.End.HasFailed), Is.EqualTo((true, false, true)));
        Assert.That(StoreClaimRecord.Parse(await StoreAsync()), Has.Property("Since").EqualTo(StoreClaimRecord.Parse(former)!.Since).And.Property("Address").EqualTo(First));
        Assert.That((again.HasFile, other.HasFile), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task WithoutRedis_TheOneThatWasFollowedByAnother_EndsWhenItFindsThat()
    {
        await server.StartAsync();
        await using (Storer former = await StartAsync(First))
        {
            await former.Claim.StartAsync(default);
            await former.Claim.StopAsync(default);
        }

        await server.CommandAsync("DEL", $"pn:node:{First}");
        await using Storer next = await StartAsync(Second, "e2");
        await next.Claim.StartAsync(default);
        await using var network = new TestLink(server.Port) { State = LinkState.Cut };
        await using Storer again = Prepare(First, connection: $"127.0.0.1:{network.Port}");
        await again.Member.Pulse.StartAsync(default);
        await again.Claim.StartAsync(default);
        Assert.That(again.Claim.IsHeld, Is.True, "it cannot know better");

        network.State = LinkState.Open;
        await Eventually.BecomesTrueAsync(() => again.Lifetime.IsStopped, "it finds out who stores, and ends");

        Assert.That((again.Claim.IsHeld, next.Claim.IsHeld), Is.EqualTo((false, true)));
        Assert.That(again.HasFile, Is.False, "the next time it waits for Redis");
    }

    [Test]
    public async Task Holder_EndsForAClaimThatHolds_AndIsNotTheStoreFromThatMomentOn()
    {
        await server.StartAsync();
        await using Storer node = await StartAsync(First);
        await node.Claim.StartAsync(default);
        await using Storer other = await StartAsync(Second);

        bool wasHeld = true;
        node.Lifetime.Stopping = () => wasHeld = node.Claim.IsHeld;
        await server.CommandAsync("SET", "pn:store", new StoreClaimRecord(Second, other.Member.Node.Incarnation, "e2", Term: 9).ToString());
        await Eventually.BecomesTrueAsync(() => node.Lifetime.IsStopped, "the node ends");

        Assert.That((node.End.HasFailed, wasHeld), Is.EqualTo((true, false)));
        Assert.That(node.Claim.Lack, Is.EqualTo($"the node {Second} stores the messages of this cluster"));
        Assert.That(node.Member.Logs.At(LogLevel.Critical), Has.Exactly(1).Contains(Second));
    }

    [TestCase(0, "0")]
    [TestCase(9, "0")]
    public async Task ClaimOfANodeThatIsNotThere_DoesNotEndTheOneThatStores(int term, string since)
    {
        await server.StartAsync();
        await using Storer node = await StartAsync(First);
        await node.Claim.StartAsync(default);

        await server.CommandAsync("SET", "pn:store", $$"""{"address":"{{Second}}","incarnation":"abc","epoch":"e2","term":{{term}},"since":{{since}}}""");
        await Eventually.BecomesTrueAsync(async () => (await StoreAsync()).Contains(First, StringComparison.Ordinal), "the claim is taken over");
        await Eventually.BecomesTrueAsync(() => node.Member.Logs.At(LogLevel.Warning).Any(), "it is said");

        Assert.That((node.Claim.IsHeld, node.Lifetime.IsStopped), Is.EqualTo((true, false)));
        Assert.That(node.Member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains(Second));
    }

    [Test]
    public async Task ClaimThatDoesNotLapse_OfANodeThatIsNotThere_KeepsNobodyFromStarting()
    {
        await server.StartAsync();
        await server.CommandAsync("SET", "pn:store", new StoreClaimRecord(Second, "abc", "e2").ToString());
        await using Storer node = await StartAsync(First);

        await node.Claim.StartAsync(default);

        Assert.That(node.Claim.IsHeld, Is.True);
    }

    [Test]
    public async Task ClaimThatHasLapsed_OfANodeThatStillAnswersForTheStore_IsNotTaken()
    {
        await server.StartAsync();
        await using var listener = await InternalListener.StartAsync(static node => new StoreService(new HeadStore("e1"), node));
        await server.CommandAsync("SET", "pn:epoch", new StoreClaimRecord(listener.Node.Address, listener.Node.Incarnation, "e1", Term: 1).ToString());
        await using Storer node = await StartAsync(First, "e2");

        Assert.That(async () => await node.Claim.StartAsync(default), Throws.TypeOf<SettingsException>().With.Message.Contains(listener.Node.Address));
    }

    [Test]
    public async Task ClaimThatLapsesWhileABatchIsWritten_LeavesItUnconfirmed_AndIsGoneOnWithWhenRedisStaysAway()
    {
        await server.StartAsync();
        var time = new ShiftedTime();
        await using Storer node = Prepare(First, time: time);
        await node.Member.StartAsync();
        await node.Claim.StartAsync(default);
        var journal = new MemoryStore { Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) };
        var store = new ClaimedStore(journal, node.Claim);
        var message = new Message(Channel.All, "m1", 0, long.MaxValue, null, "1"u8);
        await server.KillAsync();

        Task written = store.AppendAsync([message], default).AsTask();
        time.Advance(TimeSpan.FromSeconds(4));
        journal.Gate.SetResult();
        await written;

        Assert.That((message.Outcome, journal.Appends), Is.EqualTo((StoreOutcome.Failed, 1)));
        Assert.That(() => store.Epoch, Throws.TypeOf<StoreUnavailableException>().With.Message.Contains("suspended"));
        Assert.That((store.IsStoring, store.Trouble), Is.EqualTo((false, node.Claim.Lack)));
        await store.AppendAsync([message], default);
        Assert.That(journal.Appends, Is.EqualTo(1), "nothing is written without the claim");
        await Eventually.BecomesTrueAsync(() => node.Claim.IsHeld, "it goes on");
        Assert.That(store.Epoch, Is.EqualTo(journal.Epoch));
    }

    [Test]
    public async Task ClaimFileOfAnotherAddressOrEpoch_IsNotGoneOnWith([Values(Second, First)] string address, [Values("e", "e2")] string epoch)
    {
        await using Storer node = Prepare(First);
        await File.WriteAllTextAsync(node.FilePath, new StoreClaimRecord(address, "abc", epoch, Term: 1, Since: 1).ToString());
        await node.Member.Pulse.StartAsync(default);

        await node.Claim.StartAsync(default);

        Assert.That(node.Claim.IsHeld, Is.EqualTo(address == First && epoch == "e"));
    }

    [Test]
    public async Task OtherEpoch_IsSaidOnce()
    {
        await server.StartAsync();
        await using (Storer former = await StartAsync(First, "epoch-1"))
        {
            await former.Claim.StartAsync(default);
            await former.Claim.StopAsync(default);
        }

        await server.CommandAsync("DEL", $"pn:node:{First}");
        await using Storer now = await StartAsync(Second, "epoch-2");
        await now.Claim.StartAsync(default);
        long before = await server.CountCommandsAsync("set");
        await Eventually.BecomesTrueAsync(async () => await server.CountCommandsAsync("set") > before + 3, "it was made to last");

        Assert.That(now.Member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("epoch-1").And.Exactly(1).Contains("epoch-2"));
        Assert.That(StoreClaimRecord.Parse(await StoreAsync()), Has.Property("Term").EqualTo(2));
    }

    [Test]
    public async Task ClaimThatIsNone_IsReplaced()
    {
        await server.StartAsync();
        await server.CommandAsync("SET", "pn:store", "{\"address\":7}");
        await server.CommandAsync("SADD", "pn:epoch", "not a text");
        await using Storer node = await StartAsync(First);

        await node.Claim.StartAsync(default);

        Assert.That(node.Claim.IsHeld, Is.True);
        Assert.That(await server.CommandAsync("GET", "pn:store"), Has.Exactly(1).Contains(First));
    }

    private async Task<string> StoreAsync() => (await server.CommandAsync("GET", "pn:store")) is [var text] ? text : "";

    private async Task<Storer> StartAsync(string address, string epoch = "e")
    {
        Storer storer = Prepare(address, epoch);
        await storer.Member.StartAsync();
        return storer;
    }

    private Storer Prepare(string address, string epoch = "e", string? connection = null, TimeProvider? time = null) =>
        new(RedisMember.Prepare(connection ?? server.Address, address, Roles.Collect | Roles.Push), folder.File(address.Split(':')[1]), epoch, time ?? TimeProvider.System);

    private sealed class Storer : IAsyncDisposable
    {
        private readonly PeerClient peers = InternalListener.CreateClient();

        public Storer(RedisMember member, string data, string epoch, TimeProvider time)
        {
            Directory.CreateDirectory(data);
            FilePath = Path.Combine(data, "claim");
            Member = member;
            End = new FatalEnd(Lifetime);
            Claim = new StoreClaim(
                new SharedClaim(member.Link, member.Keys, member.Options),
                new StoreRival(member.Nodes, peers),
                new ClaimFile(new DataFolder(data), new Disk(), NullLogger<ClaimFile>.Instance),
                member.Options,
                member.Facts,
                member.Node,
                new HeadStore(epoch),
                End,
                time,
                member.Logs.CreateLogger<StoreClaim>());
            member.IsStoring = () => Claim.IsHeld;
        }

        public RedisMember Member { get; }

        public StoreClaim Claim { get; }

        public RecordedLifetime Lifetime { get; } = new();

        public FatalEnd End { get; }

        public string FilePath { get; }

        public bool HasFile => File.Exists(FilePath);

        /// <summary>Ends it as <c>kill -9</c> does: the claim stays until it lapses.</summary>
        public async ValueTask DisposeAsync()
        {
            await Member.DisposeAsync();
            await Claim.StopAsync(default);
            Claim.Dispose();
            peers.Dispose();
        }
    }

    private sealed class RecordedLifetime : IHostApplicationLifetime
    {
        public bool IsStopped { get; private set; }

        public Action? Stopping { get; set; }

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication()
        {
            Stopping?.Invoke();
            IsStopped = true;
        }
    }
}
