using PushNode.Storage;
using PushNode.Tests.Contracts;

namespace PushNode.Tests.Storage;

/// <summary>The store of another node keeps the contract of a message store, but that only the other node appends.</summary>
internal sealed class RemoteStoreTests : MessageStoreContract
{
    private readonly RemoteStoreUnderTest remote = new();

    protected override IMessageStore Store => remote.Store;

    protected override IMessageStore AppendTo => remote.Journal.Store;

    protected override long Now => remote.Journal.Now;

    [SetUp]
    public Task StartAsync() => remote.StartAsync();

    [TearDown]
    public async Task EndAsync() => await remote.DisposeAsync();

    protected override Task PassAsync(TimeSpan time)
    {
        remote.Journal.Time.Advance(time);
        return Task.CompletedTask;
    }
}
