using PushNode.Tests.Support;

namespace PushNode.Tests;

/// <summary>One node for all tests that neither kill it nor need settings of their own; each uses users of its own.</summary>
[SetUpFixture]
internal sealed class SharedNode
{
    private static readonly Lazy<Task<NodeProcess>> Node = new(() => NodeProcess.StartAsync("--Push:MaxConnectionsPerUser", "100000"));

    public static Task<NodeProcess> GetAsync() => Node.Value;

    [OneTimeSetUp]
    public void Prepare() => MongoServer.Find();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Node.IsValueCreated)
            await (await Node.Value).DisposeAsync();
        Assert.That(TemporaryFolder.Left, Is.Empty, "every test takes its folders away");
    }
}
