using PushNode.Messages;
using PushNode.Storage;
using PushNode.Tests.Contracts;

namespace PushNode.Tests.Storage;

/// <summary>The journal keeps the contract of a message store.</summary>
internal sealed class JournalStoreTests : MessageStoreContract
{
    private readonly JournalUnderTest journal = new();

    protected override IMessageStore Store => journal.Store;

    protected override long Now => journal.Now;

    [SetUp]
    public Task OpenAsync()
    {
        journal.Disk.ForcesToDisk = true;
        return journal.OpenAsync();
    }

    [TearDown]
    public async Task CloseAsync() => await journal.DisposeAsync();

    [Test]
    public async Task Read_ReturnsWhatCollectTells_Too()
    {
        Message sent = journal.CreateMessage(Channel.All, "order-1", TimeSpan.FromMinutes(1), label: "greeting");
        await Store.AppendAsync([sent], default);

        Message read = (await Store.ReadAsync(Channel.All, 0, 1000, default)).Messages.Single();

        Assert.That((read.Id, read.Time, read.Expires, read.Label), Is.EqualTo((sent.Id, sent.Time, sent.Expires, sent.Label)));
        Assert.That(read.Data.ToArray(), Is.EqualTo(sent.Data.ToArray()));
    }

    protected override Task PassAsync(TimeSpan time)
    {
        journal.Time.Advance(time);
        return Task.CompletedTask;
    }
}
