using System.Collections.Concurrent;

namespace PushNode.Storage.Journal.State;

/// <summary>Most devices have one of a few names and follow one of a few topics: one string serves them all, within bounds.</summary>
internal sealed class SharedNames
{
    private const int MaxNames = 4096;

    private readonly ConcurrentDictionary<string, string> names = new();
    private int count;

    public string Share(string name)
    {
        if (names.TryGetValue(name, out string? shared))
            return shared;
        if (Volatile.Read(ref count) >= MaxNames || !names.TryAdd(name, name))
            return name;
        Interlocked.Increment(ref count);
        return name;
    }
}
