using PushNode.Messages;
using PushNode.Storage.Mongo;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>
/// One channel's random life, everything in it from a seed: collectors with clocks that differ, that are stopped, die, or are told old heads, between any two
/// commands; readers; days that pass; records that go. After each step what is in the database is held against what must never be.
/// </summary>
internal sealed class NumberingHistory(NumberingCluster cluster, int seed)
{
    private const int Step = 1024;
    private const long Day = 86_400_000;
    private const int Refused = 13;
    private const int TimedOut = 50;
    private const int Collectors = 3;
    private const int ReaderNode = 3;

    private static readonly TimeSpan InTheAir = TimeSpan.FromMinutes(9);
    private static readonly TimeSpan Ephemeral = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ForEver = TimeSpan.FromDays(3000);
    private static readonly string[] Commands = ["insert messages", "update channels", "aggregate channels"];

    private readonly Random random = new(seed);
    private readonly Channel channel = Channel.Topic($"t{seed}");
    private readonly List<string> trail = [];
    private readonly Dictionary<long, string> used = [];
    private readonly List<(long Seq, long Time)> heads = [];
    private readonly List<Message> promised = [];
    private readonly Parked?[] parked = new Parked?[Collectors];
    private readonly List<NumberingReader> readers = [];
    private long newest;
    private long newestTime;
    private long through;
    private int apart;
    private bool hasDied;

    public async Task RunAsync()
    {
        apart = random.Next(3) switch { 0 => 2, 1 => 60, _ => 11 * 60 };
        for (int i = 0; i < Collectors + 1; i++)
            cluster.Skew(i, TimeSpan.FromMinutes(random.Next(apart)));
        TimeSpan serverAhead = TimeSpan.FromMinutes(random.Next(11 * 60));
        foreach (NumberingHints hints in cluster.Hints)
            hints.Find = (_, _) => Hint();
        await BeginAsync();
        for (int step = 0; step < 40; step++)
        {
            await DoAsync(serverAhead);
            Look();
        }

        for (int i = 0; i < Collectors; i++)
            await ReleaseAsync(i);
        Look();
        foreach (NumberingReader reader in readers)
            await EndAsync(reader);
        cluster.Server.Purge(d => (string)d["c"]! == channel.Name);
        cluster.Server.Purge(d => (string)d["_id"]! == channel.Name, "channels");
    }

    private async Task DoAsync(TimeSpan serverAhead)
    {
        int collector = random.Next(Collectors);
        switch (random.Next(12))
        {
            case 0 or 1 or 2 or 3:
                if (parked[collector] is null)
                    await AppendAsync(collector);
                else
                    await ReleaseAsync(collector);
                break;
            case 4 or 5:
                await ReleaseAsync(collector);
                break;
            case 6 or 7 or 8:
                Pass();
                break;
            case 9:
                Say($"purged {cluster.Purge(serverAhead)}");
                break;
            default:
                await ReadAsync();
                break;
        }
    }

    // Some channels are new, some have had messages for long, and stand shortly before a step, or have none left.
    private async Task BeginAsync()
    {
        if (random.Next(4) == 0)
            return;
        newest = random.Next(4) == 0 ? random.Next(1, Step) : Step - random.Next(8);
        newestTime = cluster.Now - (long)TimeSpan.FromMinutes(random.Next(2) == 0 ? random.Next(60 * 60) : (24 * 60) + random.Next(apart)).TotalMilliseconds;
        used[newest] = "before";
        await using var client = new MongoWireClient(cluster.Server);
        BsonDocument top = new() { { "_id", channel.Name }, { "top", (long)Step }, { "from", 0L }, { "at", new BsonDate(cluster.Now - (100 * Day)) } };
        await client.CommandAsync(new BsonDocument { { "insert", "channels" }, { "documents", new BsonArray { top } } });
        var record = new BsonDocument
        {
            { "_id", new BsonDocument { { "c", channel.Name }, { "i", "before" } } }, { "c", channel.Name }, { "s", newest }, { "t", new BsonDate(newestTime) },
            { "e", new BsonDate(newestTime) }, { "x", new BsonDate(newestTime + (long)MongoOptions.MinKept.TotalMilliseconds) }, { "d", "1" },
        };
        await client.CommandAsync(new BsonDocument { { "insert", "messages" }, { "documents", new BsonArray { record } } });
        Say($"head {newest}, {TimeSpan.FromMilliseconds(cluster.Now - newestTime)} old");
    }

    private async Task AppendAsync(int collector)
    {
        TimeSpan ttl = random.Next(4) == 0 ? ForEver : Ephemeral;
        Message[] batch = cluster.Create(collector, channel, random.Next(1, 6), ttl);
        string text = $"{collector} appends {batch.Length}";
        string command = Commands[random.Next(Commands.Length)];
        Action fail = Fault(command, ref text);
        HeldCommand? held = null;
        Task arrived = Task.Delay(Timeout.Infinite);
        switch (random.Next(6))
        {
            case 0:
                arrived = cluster.Hints[collector].HoldAsync();
                break;
            case 1 or 2:
                arrived = (held = cluster.Server.Hold(command)).Arrived;
                break;
            default:
                fail();
                break;
        }

        Task appending = cluster.AppendAsync(collector, batch);
        await Task.WhenAny(appending, arrived);
        if (appending.IsCompleted)
        {
            // A hold that nothing ran into would catch somebody else.
            held?.Release();
            cluster.Hints[collector].Release();
            await SettleAsync(collector, batch, appending, text);
            return;
        }

        Say($"{text}, stopped {(held is null ? "with its hints" : $"before {command}")}");
        parked[collector] = new Parked(batch, appending, held, fail);
    }

    // Of the next such command: it dies before or after its effect, its answer is lost, or no majority confirms.
    private Action Fault(string command, ref string text)
    {
        int fault = random.Next(8);
        int code = random.Next(2) == 0 ? TimedOut : Refused;
        if (fault > 2)
            return static () => { };
        hasDied = true;
        bool isConcern = fault == 2 && command != "aggregate channels";
        text += $", {command} fails {(isConcern ? "to be confirmed" : fault == 1 ? $"after its effect ({code})" : $"({code})")}";
        return isConcern
            ? () => cluster.Server.WriteConcernError(command, 64)
            : () => cluster.Server.Fail(command, code, 1, afterEffect: fault == 1);
    }

    private async Task ReleaseAsync(int collector)
    {
        if (parked[collector] is not { } stopped)
            return;
        parked[collector] = null;
        stopped.Fail();
        stopped.Held?.Release();
        cluster.Hints[collector].Release();
        await SettleAsync(collector, stopped.Batch, stopped.Appending, $"{collector} goes on");
    }

    private async Task SettleAsync(int collector, Message[] batch, Task appending, string text)
    {
        await appending.WaitAsync(TimeSpan.FromSeconds(20));
        cluster.Server.ClearFaults();
        Say($"{text}: {string.Join(' ', batch.Select(static m => m.Outcome == StoreOutcome.Stored ? $"{m.Seq}" : $"{m.Outcome}"))}");
        promised.AddRange(batch.Where(static m => m.Outcome == StoreOutcome.Stored));
        // What it told the cluster when it had its answer.
        if (batch.Any(static m => m.Outcome == StoreOutcome.Stored))
            heads.Add((batch.Where(static m => m.Outcome == StoreOutcome.Stored).Max(static m => m.Seq), cluster.Now));
        Assert.That(cluster.Nodes[collector].Store.Epoch, Is.Not.Empty);
    }

    private void Pass()
    {
        TimeSpan time = random.Next(5) switch
        {
            0 => TimeSpan.FromSeconds(random.Next(300)),
            1 => TimeSpan.FromMinutes(random.Next(120)),
            2 => TimeSpan.FromHours(24) + TimeSpan.FromMinutes(random.Next(-60, 60)),
            3 => TimeSpan.FromHours(36) + TimeSpan.FromMinutes(random.Next(-600, 600)),
            _ => MongoOptions.MinKept + TimeSpan.FromMinutes(random.Next(-60, 60 * 24)),
        };
        // No connection lives on for long with a command on its way.
        foreach (Parked? stopped in parked)
        {
            if (stopped is { Held: not null })
            {
                time = time < stopped.Left ? time : stopped.Left;
                stopped.Left -= time;
            }
        }

        cluster.Pass(time);
        Say($"{time} pass");
    }

    private async Task ReadAsync()
    {
        if (readers.Count < 4)
            readers.Add(new NumberingReader(cluster.Nodes[ReaderNode].Store, channel));
        NumberingReader reader = readers[random.Next(readers.Count)];
        await reader.ReadAsync(random.Next(1, 600));
        through = Math.Max(through, reader.Through);
        Say($"read through {reader.Through}, head {reader.Head}");
    }

    // Whoever has read on always, has what was promised and has not expired, once each and in order.
    private async Task EndAsync(NumberingReader reader)
    {
        do
            await reader.ReadAsync(1 << 20);
        while (reader.Through < reader.Head);
        long[] kept = [.. promised.Where(static m => m.Expires - m.Time > Ephemeral.TotalMilliseconds).Select(static m => m.Seq).Order()];
        Require(reader.Seen.SequenceEqual(reader.Seen.Order().Distinct()), $"read in order and once: {string.Join(' ', reader.Seen)}");
        Require(kept.All(reader.Seen.ToHashSet().Contains), $"read all: kept {string.Join(' ', kept)}, seen {string.Join(' ', reader.Seen)}");
    }

    // What is in the database now, and was not when this was last called.
    private void Look()
    {
        (long Seq, string Id)[] records = cluster.Records(channel);
        foreach ((long seq, string id) in records)
        {
            if (id.StartsWith('#') || (used.TryGetValue(seq, out string? by) && by == id))
                continue;
            Require(used.TryAdd(seq, id), $"{seq} is used twice");
            Require(seq > through, $"{seq} came after a reader had read through {through}");
            Require(seq > newest, $"{seq} came after {newest}");
            bool mayLeaveOut = newest > 0 ? hasDied || cluster.Now - newestTime >= TimeSpan.FromHours(12).TotalMilliseconds : hasDied;
            Require(seq == newest + 1 || mayLeaveOut || records.Any(r => r.Id.StartsWith('#')), $"{seq} leaves numbers out after {newest}");
            (newest, newestTime) = (seq, cluster.Now);
        }

        foreach (Message message in promised)
            Require(used.GetValueOrDefault(message.Seq) == $"~{message.Id}", $"{message.Seq} was promised to another");
    }

    // Nothing, or any number of a message that was stored less than a day ago.
    private long Hint()
    {
        long[] former = [.. heads.Where(h => cluster.Now - h.Time < Day).Select(static h => h.Seq)];
        int pick = random.Next(former.Length + 1);
        return pick == former.Length ? 0 : former[pick];
    }

    private void Say(string text) => trail.Add(text);

    private void Require(bool condition, string what)
    {
        if (!condition)
            Assert.Fail($"seed {seed}: {what}{Environment.NewLine}{string.Join(Environment.NewLine, trail)}");
    }

    private sealed record Parked(Message[] Batch, Task Appending, HeldCommand? Held, Action Fail)
    {
        public TimeSpan Left { get; set; } = InTheAir;
    }
}
