using System.Collections.Concurrent;

namespace PushNode.Tests.Support;

/// <summary>A folder of its own, gone with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private static readonly ConcurrentDictionary<string, string> Present = new();

    public TemporaryFolder()
    {
        Path = Directory.CreateTempSubdirectory("pushnode-test-").FullName;
        Present[Path] = TestContext.CurrentContext.Test.FullName;
    }

    /// <summary>Those that nobody has disposed of yet, each with the test that made it.</summary>
    public static IEnumerable<string> Left => Present.Select(static p => $"{p.Key} of {p.Value}");

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        Directory.Delete(Path, recursive: true);
        Present.TryRemove(Path, out _);
    }
}
