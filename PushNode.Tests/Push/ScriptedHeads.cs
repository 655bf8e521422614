using System.Collections.Concurrent;
using PushNode.Cluster;
using PushNode.Messages;

namespace PushNode.Tests.Push;

/// <summary>Hints as the test sets them; 0 for the others.</summary>
internal sealed class ScriptedHeads : IHeads
{
    private int reads;

    public ConcurrentDictionary<string, long> Hints { get; } = [];

    public bool Throws { get; set; }

    public int Reads => Volatile.Read(ref reads);

    public ValueTask<long[]> ReadAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref reads);
        if (Throws)
            throw new InvalidOperationException("no hints");
        return new(channels.Select(c => Hints.GetValueOrDefault(c.Name)).ToArray());
    }

    public ValueTask RaiseAsync(IReadOnlyList<Message> stored, string epoch, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
