using PushNode.Storage.Mongo.Driver;

namespace PushNode.Tests.Support;

/// <summary>
/// The MongoDB, or what speaks like it, that the environment names in <c>PUSHNODE_TEST_MONGO</c>. Each test has a database of its own there.
/// </summary>
internal sealed class MongoServer : IAsyncDisposable
{
    private const string Variable = "PUSHNODE_TEST_MONGO";

    private static int databases;

    private MongoServer(string uri) => Uri = uri;

    /// <summary>The connection string.</summary>
    public string Uri { get; }

    /// <summary>The name of a database that nobody else uses.</summary>
    public string Database { get; } = $"pushnode_test_{Environment.ProcessId}_{Interlocked.Increment(ref databases)}";

    /// <summary>A database of its own; the test is skipped, and says so, where there is no server.</summary>
    public static MongoServer Use()
    {
        string? uri = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(uri))
            Assert.Ignore($"{Variable} names no MongoDB: this test needs one");
        return new MongoServer(uri);
    }

    /// <summary>Has a command run there, past the product.</summary>
    public T Run<T>(Action<BsonWriter> write, ReplyReader<T> read)
    {
        Assert.That(DriverLibrary.TryLoad(), DriverLibrary.Remedy);
        using var pool = MongoPool.Open(Uri, Database, Database, TimeSpan.FromSeconds(10));
        var command = new BsonWriter();
        write(command);
        return pool.Write(command, read);
    }

    public ValueTask DisposeAsync()
    {
        Run(static command => command.Int("dropDatabase"u8, 1), static _ => true);
        return ValueTask.CompletedTask;
    }
}
