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

    protected override Task PassAsync(TimeSpan time)
    {
        journal.Time.Advance(time);
        return Task.CompletedTask;
    }
}
