using System.Text;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Cursors;
using PushNode.Storage.Remote;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage;

/// <summary>What the store says between nodes: within bounds, whatever the other side sends.</summary>
internal sealed class StoreServiceTests : IAsyncDisposable
{
    private static readonly Channel Alice = Channel.User("alice");

    private readonly RemoteStoreUnderTest remote = new();
    private readonly PeerClient client = InternalListener.CreateClient();

    private IMessageStore Store => remote.Store;

    [SetUp]
    public Task StartAsync() => remote.StartAsync();

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await remote.DisposeAsync();
    }

    [Test]
    public async Task Answers_BeginWithEpochAndRun()
    {
        (string Path, PeerWriter Body)[] questions = [.. Questions().Append((StoreProtocol.Status, new PeerWriter()))];
        foreach ((string path, PeerWriter body) in questions)
            Assert.That(Begin(await AskAsync(path, body.Written)), Is.EqualTo((remote.Journal.Store.Epoch, remote.Run)), path);

        static (string, string) Begin(byte[] answer)
        {
            var reader = new PeerReader(answer);
            return (reader.Text(), reader.Text());
        }
    }

    [Test]
    public void Questions_CutOffAnywhere_OrTooLong_AreRefused()
    {
        foreach ((string path, PeerWriter body) in Questions())
        {
            byte[] whole = body.Written.ToArray();
            for (int length = 0; length < whole.Length; length++)
                AssertMalformed(path, whole.AsMemory(0, length));
            AssertMalformed(path, whole.Append((byte)0).ToArray());
        }
    }

    [TestCase(StoreProtocol.Heads, StoreProtocol.MaxChannels)]
    [TestCase(StoreProtocol.Cursors, StoreProtocol.MaxChannels)]
    [TestCase(StoreProtocol.Read, StoreProtocol.MaxPages)]
    public void Questions_ThatAskForTooMuch_AreRefused(string path, int max)
    {
        var body = new PeerWriter();
        body.Int(max + 1);
        for (int i = 0; i <= max; i++)
            body.Text("topic:news");

        AssertMalformed(path, body.Written, $"{max} at most");
    }

    [Test]
    public void Cursors_OfMoreChannelsThanOneRequestMayHave_AreRefused()
    {
        Channel[] many = [.. Enumerable.Repeat(Alice, (StoreProtocol.MaxChannels / 2) + 1)];

        AssertMalformed(StoreProtocol.Cursors, StoreQuestions.Cursors([new("alice", "phone", many), new("alice", "laptop", many)]).Written, "at most");
    }

    [TestCase("alice!", "phone", "topic:news", 1)]
    [TestCase("alice", "pho:ne", "topic:news", 1)]
    [TestCase("alice", "phone", "news", 1)]
    [TestCase("alice", "phone", "topic:news", -1)]
    public async Task Move_OfWhatIsNone_IsRefused_AndNothingMoves(string user, string device, string channel, long seq)
    {
        var body = new PeerWriter();
        body.Text(remote.Journal.Store.Epoch);
        body.Int(2);
        foreach ((string u, string d, string c, long s) in ((string, string, string, long)[])[("alice", "phone", "topic:news", 1), (user, device, channel, seq)])
        {
            body.Text(u);
            body.Text(d);
            body.Text(c);
            body.Long(s);
        }

        AssertMalformed(StoreProtocol.Move, body.Written);
        Assert.That(await remote.Journal.Store.ListCursorsAsync(Channel.Topic("news"), 10, default), Is.Empty);
    }

    [Test]
    public async Task Move_OfAnotherEpoch_MovesNothing()
    {
        PeerWriter body = StoreQuestions.Moves(new CursorChunk("another", [new(new("alice", "phone", Alice), 3)]));

        byte[] answer = await AskAsync(StoreProtocol.Move, body.Written);

        Assert.That(answer[^1], Is.Zero);
        Assert.That(await remote.Journal.Store.ListCursorsAsync(Alice, 10, default), Is.Empty);
    }

    [Test]
    public async Task Pages_OfManyAtOnce_ComeInSeveralAnswers_AndNoneIsMissed()
    {
        Channel[] channels = [.. Enumerable.Range(0, 40).Select(static i => Channel.Topic($"t{i}"))];
        foreach (Channel channel in channels)
            await remote.Journal.AppendAsync(channel, 1, size: 100_000);
        int requests = 0;
        remote.Service.Answer = (_, _) =>
        {
            Interlocked.Increment(ref requests);
            return null;
        };

        MessagePage[] pages = await Task.WhenAll(channels.Select(channel => Store.ReadAsync(channel, 0, 1 << 20, default).AsTask()));

        Assert.That(pages.Select(static p => p.Messages.Single().Channel), Is.EqualTo(channels));
        Assert.That(requests, Is.GreaterThan(3), "no answer holds all of them");
    }

    [Test]
    public async Task Page_LongerThanTheLimit_IsCutToIt()
    {
        await remote.Journal.AppendAsync(Alice, 40, size: 50_000);

        MessagePage page = await Store.ReadAsync(Alice, 0, int.MaxValue, default);

        Assert.That(page.Messages, Has.Count.InRange(15, 21));
        Assert.That((page.Through, page.Head), Is.EqualTo((page.Messages.Count, 40)));
    }

    [Test]
    public async Task Lists_LongerThanOneRequest_AreAskedForInParts()
    {
        Channel[] channels = [.. Enumerable.Range(0, StoreProtocol.MaxChannels + 10).Select(static i => Channel.Topic($"t{i}"))];
        await remote.Journal.AppendAsync(channels[^1], 1);
        remote.Journal.Store.MoveCursor("alice", "phone", channels[^2], 9, remote.Journal.Store.Epoch);

        long[] heads = await Store.ReadHeadsAsync(channels, default);
        long?[] cursors = await Store.ReadCursorsAsync("alice", "phone", channels, default);

        Assert.That((heads.Length, heads.Sum(), heads[^1]), Is.EqualTo((channels.Length, 1, 1)));
        Assert.That((cursors.Length, cursors.Count(static c => c is not null), cursors[^2]), Is.EqualTo((channels.Length, 1, 9)));
    }

    [Test]
    public async Task Revocations_MoreThanOneAnswerHolds_AllCome()
    {
        const int All = StoreProtocol.MaxRevocations + 10;
        await Parallel.ForAsync(1, All + 1, async (i, none) => await remote.Journal.Store.RevokeAsync($"user{i}", i, none));

        IReadOnlyList<KeyValuePair<string, long>> revocations = await Store.ListRevocationsAsync(default);

        Assert.That(revocations, Has.Count.EqualTo(All));
        Assert.That(revocations.Select(static r => (r.Key, r.Value)).Distinct().Count(static r => r.Key == $"user{r.Value}"), Is.EqualTo(All));
    }

    [TestCase("", TestName = "Nothing")]
    [TestCase("\u0001", TestName = "Half a length")]
    [TestCase("\u0003\0abc\u0003\0ab", TestName = "A run cut off")]
    [TestCase("\0\0\0\0", TestName = "No epoch")]
    [TestCase("\u0003\0a b\u0003\0abc\0", TestName = "An epoch that is none")]
    [TestCase("E", TestName = "No answer")]
    [TestCase("E\u0002", TestName = "A flag that is none")]
    [TestCase("E\u0001", TestName = "A flag and nothing behind it")]
    [TestCase("E\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u007f\u007f\u007f\u007f", TestName = "A count that cannot be")]
    [TestCase("E\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", TestName = "Zeros")]
    public async Task Answers_ThatAreNone_AreRefused_AndHurtNothing(string text)
    {
        string epoch = Store.Epoch;
        byte[] bytes = [.. text.StartsWith('E') ? remote.BeginAnswer().Written.Span : [], .. Encoding.Latin1.GetBytes(text.TrimStart('E'))];
        remote.Service.Answer = (path, call) => path == StoreProtocol.Status ? null : AnswerAsync(call);

        foreach (Func<Task> question in (Func<Task>[])
        [
            async () => await Store.ReadAsync(Alice, 0, 1000, default),
            async () => await Store.FindAsync(Alice, 1, default),
            async () => await Store.ReadHeadsAsync([Alice], default),
            async () => await Store.ReadCursorsAsync("alice", "phone", [Alice], default),
            async () => await Store.ListCursorsAsync(Alice, 10, default),
            async () => await Store.ListRevocationsAsync(default),
        ])
        {
            Assert.That(question, Throws.TypeOf<StoreUnavailableException>().With.Message.Contains("cannot be read"));
        }

        remote.Service.Answer = null;
        Assert.That(await Store.ReadHeadsAsync([Alice], default), Is.EqualTo(new long[] { 0 }));
        Assert.That((Store.Epoch, remote.EpochChanges, remote.Restarts), Is.EqualTo((epoch, 0, 0)));

        async Task AnswerAsync(PeerCall call) => await call.AnswerAsync(bytes);
    }

    [TestCase("bob", 1, 2, TestName = "A page of another channel")]
    [TestCase("alice", 0, 1, TestName = "A page that begins before it should")]
    [TestCase("alice", 5, 2, TestName = "A page that ends before it should")]
    public async Task Pages_OfOtherMessagesThanAskedFor_AreRefused(string user, long after, int wrongThrough)
    {
        Message[] stored = await remote.Journal.AppendAsync(Channel.User(user), 6);
        remote.Service.Answer = (path, call) => path == StoreProtocol.Read ? AnswerAsync(call) : null;

        Assert.That(
            async () => await Store.ReadAsync(Alice, 1, 1000, default),
            Throws.TypeOf<StoreUnavailableException>().With.Message.Contains("cannot be read"));

        async Task AnswerAsync(PeerCall call)
        {
            PeerWriter answer = remote.BeginAnswer();
            answer.Flag(true);
            answer.Long(wrongThrough);
            answer.Long(6);
            answer.Int(1);
            MessageEntry.Write(answer, stored[after]);
            answer.Flag(false);
            await call.AnswerAsync(answer.Written);
        }
    }

    private static (string Path, PeerWriter Body)[] Questions() =>
    [
        (StoreProtocol.Read, StoreQuestions.Pages([new(Alice, 0, 1000), new(Channel.All, 7, 1000)])),
        (StoreProtocol.Find, StoreQuestions.Find(Alice, 1)),
        (StoreProtocol.Heads, StoreQuestions.Heads([[Alice, Channel.All], [Channel.Topic("news")]])),
        (StoreProtocol.Cursors, StoreQuestions.Cursors([new("alice", "phone", [Alice, Channel.All])])),
        (StoreProtocol.Move, StoreQuestions.Moves(new CursorChunk("epoch", [new(new("alice", "phone", Alice), 3)]))),
        (StoreProtocol.Devices, StoreQuestions.Devices(Alice, 10)),
        (StoreProtocol.Revocations, StoreQuestions.Revocations("alice")),
        (StoreProtocol.Revoke, StoreQuestions.Revoke("alice", 1000)),
    ];

    private void AssertMalformed(string path, ReadOnlyMemory<byte> body, string why = "malformed") =>
        Assert.That(async () => await AskAsync(path, body), Throws.TypeOf<PeerUnavailableException>().With.Message.Contains("400").And.Message.Contains(why), path);

    private Task<byte[]> AskAsync(string path, ReadOnlyMemory<byte> body) =>
        client.CallAsync(new Peer(remote.Address, "", Roles.Collect, "", 0, true, false), path, body, CancellationToken.None);
}
