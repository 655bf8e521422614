using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Tests.Storage;

/// <summary>Readers, the writer and retention at the same time.</summary>
internal sealed class JournalConcurrencyTests
{
    private const int Channels = 5;
    private const int Batches = 300;
    private const int PerBatch = 20;

    private readonly JournalUnderTest journal = new();

    [SetUp]
    public Task OpenAsync()
    {
        journal.Settings.SegmentBytes = 20_000;
        return journal.OpenAsync();
    }

    [TearDown]
    public async Task CloseAsync() => await journal.DisposeAsync();

    [Test]
    public async Task Readers_FollowingTheWriter_SeeEveryMessageInOrder()
    {
        Task writer = Task.Run(WriteAsync);
        Task<int>[] readers = [.. Enumerable.Range(0, Channels).Select(c => Task.Run(() => FollowAsync(Topic(c), gapsAllowed: false)))];

        await writer;

        Assert.That(await Task.WhenAll(readers), Is.All.EqualTo(Batches * PerBatch / Channels));
    }

    [Test]
    public async Task Readers_OfSegmentsBeingDropped_SeeWhatIsThereInOrder_WithoutAnError()
    {
        journal.Settings.MaxBytes = 60_000;
        Task writer = Task.Run(WriteAsync);
        Task<int>[] readers = [.. Enumerable.Range(0, Channels).Select(c => Task.Run(() => FollowAsync(Topic(c), gapsAllowed: true)))];
        while (!writer.IsCompleted)
            await journal.Store.SweepAsync(default);

        await writer;
        Assert.That(await Task.WhenAll(readers), Is.All.GreaterThan(0));
        await journal.Store.SweepAsync(default);

        Assert.That(journal.SegmentFiles, Has.Length.LessThan(10));
        Assert.That(journal.Log.At(Microsoft.Extensions.Logging.LogLevel.Error), Is.Empty);
    }

    [Test]
    public async Task Cursors_MovedFromManyThreads_EndAtTheHighest()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            for (int i = 0; i < 2000; i++)
            {
                journal.Store.MoveCursor($"user{i % 10}", $"device{i % 3}", Topic(0), (i * 8) + thread, journal.Store.Epoch);
                if (i % 500 == 0)
                    await journal.Store.SaveCursorsAsync(default);
            }
        })));
        await journal.ReopenAsync();

        IReadOnlyList<DeviceCursor> cursors = await journal.Store.ListCursorsAsync(Topic(0), 1000, default);

        Assert.That(cursors, Has.Count.EqualTo(30));
        Assert.That(cursors.Max(static c => c.Seq), Is.EqualTo((1999 * 8) + 7));
    }

    [Test]
    public async Task Close_DuringAppends_LosesNothingThatWasStored()
    {
        var stored = new List<Message>();
        Task writer = Task.Run(async () =>
        {
            PushNode.Storage.Journal.JournalStore store = journal.Store;
            while (true)
            {
                Message message = journal.CreateMessage(Topic(0));
                await store.AppendAsync([message], default);
                if (message.Outcome != StoreOutcome.Stored)
                    return;
                stored.Add(message);
            }
        });
        await Support.Eventually.BecomesTrueAsync(() => stored.Count > 20, "some are stored");

        await journal.CloseAsync();
        await writer;
        await journal.OpenAsync();

        Assert.That((await journal.ReadAllAsync(Topic(0))).Select(static m => m.Id), Is.EqualTo(stored.Select(static m => m.Id)));
    }

    private static Channel Topic(int number) => Channel.Topic($"t{number}");

    private async Task WriteAsync()
    {
        for (int batch = 0; batch < Batches; batch++)
        {
            Message[] messages = [.. Enumerable.Range(0, PerBatch).Select(i => journal.CreateMessage(Topic(i % Channels), size: 100))];
            await journal.Store.AppendAsync(messages, default);
        }
    }

    private async Task<int> FollowAsync(Channel channel, bool gapsAllowed)
    {
        long after = 0;
        int count = 0;
        while (after < Batches * PerBatch / Channels)
        {
            MessagePage page = await journal.Store.ReadAsync(channel, after, 4000, default);
            foreach (Message message in page.Messages)
            {
                if (gapsAllowed ? message.Seq <= after : message.Seq != after + 1)
                    Assert.Fail($"{message.Seq} came after {after}");
                after = message.Seq;
                count++;
            }

            if (gapsAllowed ? page.Through < after : page.Through != after)
                Assert.Fail($"the page says {page.Through} and ends with {after}");
            after = page.Through;
            if (page.Messages.Count == 0)
                await Task.Yield();
        }

        return count;
    }
}
