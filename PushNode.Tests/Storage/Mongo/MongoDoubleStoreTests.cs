using PushNode.Storage;
using PushNode.Tests.Contracts;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>A store keeps the contract in the server that fails on command, while that does not fail: a standalone, and a replica set.</summary>
[TestFixture(null)]
[TestFixture("rs0")]
internal sealed class MongoDoubleStoreTests(string? replicaSet) : MessageStoreContract
{
    private readonly MongoDouble server = new(new MongoDoubleOptions { ReplicaSet = replicaSet });
    private MongoUnderTest mongo = null!;

    protected override IMessageStore Store => mongo.Store;

    protected override long Now => mongo.Now;

    [SetUp]
    public async Task SetUpAsync() => mongo = await new MongoUnderTest(server.Uri, "pushnode").StartAsync();

    [TearDown]
    public async Task TearDownAsync()
    {
        if (mongo is not null)
            await mongo.DisposeAsync();
        await server.DisposeAsync();
    }

    protected override Task PassAsync(TimeSpan time)
    {
        mongo.Time.Advance(time);
        return Task.CompletedTask;
    }
}
