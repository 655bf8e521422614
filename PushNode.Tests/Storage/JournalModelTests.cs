using PushNode.Messages;
using PushNode.Storage.Journal;

namespace PushNode.Tests.Storage;

/// <summary>Random lives of a journal, with restarts, crashes, expiry, retention and failing disks, against a simple model of what it must answer.</summary>
internal sealed class JournalModelTests
{
    private static readonly Channel[] Channels = [Channel.User("a"), Channel.User("b"), Channel.Topic("t"), Channel.All];

    private readonly JournalUnderTest journal = new();
    private readonly Dictionary<Channel, List<Message>> stored = Channels.ToDictionary(static c => c, static _ => new List<Message>());
    private readonly Dictionary<(Channel, string), long> ids = [];
    private readonly Dictionary<(string User, Channel Channel), long> cursors = [];

    [TearDown]
    public async Task CloseAsync() => await journal.DisposeAsync();

    [Test]
    public async Task Journal_InARandomLife_AnswersLikeTheModel([Range(1, 12)] int seed)
    {
        var random = new Random(seed);
        journal.Settings.SegmentBytes = 3000;
        await journal.OpenAsync();
        string epoch = journal.Store.Epoch;

        for (int step = 0; step < 120; step++)
        {
            await DoAsync(random);
            if (step % 10 == 0)
                await CheckAsync($"seed {seed}, step {step}");
        }

        await CheckAsync($"seed {seed}, end");
        Assert.That(journal.Store.Epoch, Is.EqualTo(epoch));
    }

    private Task DoAsync(Random random)
    {
        switch (random.Next(12))
        {
            case 0:
                return journal.ReopenAsync();
            case 1:
                // A crash before a failure is repaired may bring back what was refused, and skips numbers: another test's matter.
                return journal.Store.Trouble is null ? journal.CrashAsync() : journal.ReopenAsync();
            case 2:
                journal.Time.Advance(TimeSpan.FromSeconds(random.Next(90)));
                return Task.CompletedTask;
            case 3:
                return journal.Store.SweepAsync(default);
            case 4:
                return FailAsync(random);
            case 5:
                string user = $"u{random.Next(3)}";
                Channel channel = Channels[random.Next(Channels.Length)];
                long seq = random.Next(100);
                journal.Store.MoveCursor(user, "default", channel, seq, journal.Store.Epoch);
                cursors[(user, channel)] = Math.Max(seq, cursors.GetValueOrDefault((user, channel)));
                return journal.Store.SaveCursorsAsync(default);
            default:
                return AppendAsync(random);
        }
    }

    private async Task AppendAsync(Random random)
    {
        Message[] batch = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => Create(random))];
        await journal.Store.AppendAsync(batch, default);
        foreach (Message message in batch)
        {
            List<Message> channel = stored[message.Channel];
            if (message.HasProducerId && ids.TryGetValue((message.Channel, message.Id), out long first))
            {
                // The id is forgotten with its segment, so a message that is gone may be stored again.
                bool gone = channel[(int)first - 1].Expires <= journal.Now;
                if (message.Outcome == StoreOutcome.Repeated || !gone)
                {
                    Assert.That((message.Outcome, message.Seq), Is.EqualTo((StoreOutcome.Repeated, first)));
                    continue;
                }
            }

            Assert.That((message.Outcome, message.Seq), Is.EqualTo((StoreOutcome.Stored, channel.Count + 1L)));
            channel.Add(message);
            if (message.HasProducerId)
                ids[(message.Channel, message.Id)] = message.Seq;
        }
    }

    private async Task FailAsync(Random random)
    {
        string[] operations = [nameof(Disk.Write), nameof(Disk.Sync), nameof(Disk.Truncate)];
        journal.Disk.ShortWrite = random.Next(500);
        journal.Disk.Fail(operations[random.Next(2)], operations[random.Next(3)]);
        Message[] batch = [.. Enumerable.Range(0, 3).Select(_ => Create(random, mayRepeat: false))];
        await journal.Store.AppendAsync(batch, default);
        journal.Disk.Heal();
        Assert.That(batch.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed));
    }

    private Message Create(Random random, bool mayRepeat = true) => journal.CreateMessage(
        Channels[random.Next(Channels.Length)],
        mayRepeat && random.Next(3) == 0 ? $"id{random.Next(40)}" : null,
        TimeSpan.FromSeconds(random.Next(1, 300)),
        random.Next(2, 400),
        random.Next(2) == 0 ? "label" : null);

    private async Task CheckAsync(string when)
    {
        foreach (Channel channel in Channels)
        {
            IEnumerable<string> alive = stored[channel].Where(m => m.Expires > journal.Now).Select(Describe);
            Assert.That((await journal.ReadAllAsync(channel, maxBytes: 2000)).Select(Describe), Is.EqualTo(alive), $"{when}: {channel}");
        }

        Assert.That(await journal.Store.ReadHeadsAsync(Channels, default), Is.EqualTo(Channels.Select(c => (long)stored[c].Count)), when);
        foreach (((string user, Channel channel), long seq) in cursors)
            Assert.That(await journal.Store.ReadCursorsAsync(user, "default", [channel], default), Is.EqualTo(new long?[] { seq }), when);
    }

    private static string Describe(Message message) => System.Text.Encoding.UTF8.GetString(message.Json.Span);
}
