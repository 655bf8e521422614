using System.Collections.Concurrent;

namespace PushNode.Tests.Support.Mongo;

/// <summary>The newest commands that have come, and how many. Thread-safe.</summary>
internal sealed class CommandLog
{
    private const int Capacity = 1000;

    private readonly ConcurrentQueue<MongoRequest> newest = [];
    private readonly ConcurrentDictionary<string, int> counts = [];

    /// <summary>The newest 1,000, the oldest of them first.</summary>
    public IReadOnlyList<MongoRequest> Newest => [.. newest];

    /// <summary>How many have come, of a name as <see cref="MongoRequest.Is"/> takes it.</summary>
    public int Count(string command) => counts.GetValueOrDefault(command);

    public void Add(MongoRequest request)
    {
        counts.AddOrUpdate(request.Command, 1, static (_, n) => n + 1);
        if (request.Collection is not null)
            counts.AddOrUpdate($"{request.Command} {request.Collection}", 1, static (_, n) => n + 1);
        newest.Enqueue(request);
        if (newest.Count > Capacity)
            newest.TryDequeue(out _);
    }
}
