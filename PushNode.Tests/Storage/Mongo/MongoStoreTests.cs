using PushNode.Storage;
using PushNode.Tests.Contracts;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>A store in MongoDB keeps the contract of a message store.</summary>
internal sealed class MongoStoreTests : MessageStoreContract
{
    private MongoServer server = null!;
    private MongoUnderTest mongo = null!;

    protected override IMessageStore Store => mongo.Store;

    protected override long Now => mongo.Now;

    [SetUp]
    public async Task SetUpAsync()
    {
        server = MongoServer.Use();
        mongo = await new MongoUnderTest(server.Uri, server.Database).StartAsync();
    }

    [TearDown]
    public async Task TearDownAsync()
    {
        if (mongo is null)
            return;
        await mongo.DisposeAsync();
        await server.DisposeAsync();
    }

    protected override Task PassAsync(TimeSpan time)
    {
        mongo.Time.Advance(time);
        return Task.CompletedTask;
    }
}
