using PushNode.Storage.Mongo.Driver;

namespace PushNode.Tests.Support;

/// <summary>
/// The MongoDB, or what speaks like it, that the environment names in <c>PUSHNODE_TEST_MONGO</c>. Each test has a database of its own there.
/// </summary>
internal sealed class MongoServer : IAsyncDisposable
{
    private const string Variable = "PUSHNODE_TEST_MONGO";

    // Taken out of this process's environment, which the nodes of tests inherit: there it would be a setting that nobody knows.
    private static readonly string? Given = Take();

    private static int databases;

    private MongoServer(string uri) => Uri = uri;

    /// <summary>The connection string.</summary>
    public string Uri { get; }

    /// <summary>The port it listens on, for a link to a server on this machine.</summary>
    public int Port => new System.Uri(Uri).Port is > 0 and int port ? port : 27_017;

    /// <summary>The settings of a node that keeps its messages there.</summary>
    public string[] Settings => ["--mongo", Uri, "--Mongo:Database", Database];

    /// <summary>The settings of a node that reaches it by a link only.</summary>
    public string[] SettingsBy(TestLink link) => ["--mongo", $"mongodb://127.0.0.1:{link.Port}/{Database}?directConnection=true"];

    /// <summary>The name of a database that nobody else uses.</summary>
    public string Database { get; } = $"pushnode_test_{Environment.ProcessId}_{Interlocked.Increment(ref databases)}";

    /// <summary>A database of its own; the test is skipped, and says so, where there is no server.</summary>
    public static MongoServer Use()
    {
        if (string.IsNullOrEmpty(Given))
            Assert.Ignore($"{Variable} names no MongoDB: this test needs one");
        return new MongoServer(Given);
    }

    /// <summary>The same in a server of the test's own.</summary>
    public static MongoServer At(string uri) => new(uri);

    /// <summary>Has the variable read, and taken away: before the first node of any test.</summary>
    public static void Find() => _ = Given;

    /// <summary>Has a command run there, past the product.</summary>
    public T Run<T>(Action<BsonWriter> write, ReplyReader<T> read)
    {
        Assert.That(DriverLibrary.TryLoad(), DriverLibrary.Remedy);
        using var pool = MongoPool.Open(Uri, Database, Database, TimeSpan.FromSeconds(10));
        var command = new BsonWriter();
        write(command);
        return pool.Write(command, read);
    }

    /// <summary>How many documents a collection has.</summary>
    public long? Count(string collection) => Run(command => command.Text("count"u8, collection), static reply => reply.Find("n"u8) ? reply.Number : null);

    public ValueTask DisposeAsync()
    {
        Run(static command => command.Int("dropDatabase"u8, 1), static _ => true);
        return ValueTask.CompletedTask;
    }

    private static string? Take()
    {
        string? uri = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, null);
        return uri;
    }
}
