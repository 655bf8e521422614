using System.Collections.Concurrent;
using PushNode.Cluster;
using PushNode.Messages;

namespace PushNode.Tests.Push;

/// <summary>A route table that can be away, slow, emptied and at fault, and that notes what is done to it.</summary>
internal sealed class ScriptedRoutes : IRouteTable
{
    private readonly ConcurrentDictionary<string, bool> routes = [];
    private readonly ConcurrentDictionary<string, bool> busy = [];
    private readonly ConcurrentQueue<string> operations = [];
    private long generation = 1;
    private int underWay;
    private int mostUnderWay;
    private volatile bool reachable = true;

    public long Generation => Volatile.Read(ref generation);

    public bool IsReachable
    {
        get => reachable;
        set => reachable = value;
    }

    /// <summary>The channels with a route.</summary>
    public IEnumerable<string> Routes => routes.Keys.Order();

    /// <summary>What was done, in order of its end: <c>+channel</c> or <c>-channel</c>.</summary>
    public string[] Operations => [.. operations];

    /// <summary>What an addition waits for, after it was asked for.</summary>
    public TaskCompletionSource? AddGate { get; set; }

    /// <summary>What a removal waits for, after it was asked for.</summary>
    public TaskCompletionSource? RemoveGate { get; set; }

    /// <summary>A channel whose route cannot be written, though the table is there.</summary>
    public string? Broken { get; set; }

    /// <summary>Whether writing the route of <see cref="Broken"/> throws.</summary>
    public bool Throws { get; set; }

    /// <summary>How often it was tried.</summary>
    public int Refused { get; private set; }

    /// <summary>Operations that were asked for and have not ended.</summary>
    public int UnderWay => Volatile.Read(ref underWay);

    public int MostUnderWay => Volatile.Read(ref mostUnderWay);

    /// <summary>Whether two operations for one channel were under way at the same time.</summary>
    public bool Overlapped { get; private set; }

    /// <summary>The table was lost and is there again.</summary>
    public void LoseAll()
    {
        routes.Clear();
        Interlocked.Increment(ref generation);
    }

    public async ValueTask<long> AddAsync(Channel channel, CancellationToken cancellationToken)
    {
        if (channel.Name == Broken)
        {
            Refused++;
            return Throws ? throw new InvalidOperationException("a key of the wrong type") : 0;
        }

        if (!IsReachable)
            return 0;
        long written = Generation;
        await RunAsync(channel, AddGate, cancellationToken);
        if (written == Generation)
            routes[channel.Name] = true;
        operations.Enqueue($"+{channel}");
        return written;
    }

    public async ValueTask RemoveAsync(Channel channel, CancellationToken cancellationToken)
    {
        if (!IsReachable)
            return;
        await RunAsync(channel, RemoveGate, cancellationToken);
        routes.TryRemove(channel.Name, out _);
        operations.Enqueue($"-{channel}");
    }

    /// <summary>Puts a route there that this run of the node knows nothing of.</summary>
    public void Leave(Channel channel) => routes[channel.Name] = true;

    public ValueTask LookupAsync(IReadOnlyList<Message> messages, RoutedBatch routes, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Holders> LookupAsync(Channel channel, CancellationToken cancellationToken) => throw new NotSupportedException();

    private async Task RunAsync(Channel channel, TaskCompletionSource? operationGate, CancellationToken cancellationToken)
    {
        if (!busy.TryAdd(channel.Name, true))
            Overlapped = true;
        int now = Interlocked.Increment(ref underWay);
        int most;
        while (now > (most = MostUnderWay) && Interlocked.CompareExchange(ref mostUnderWay, now, most) != most)
        {
        }

        if (operationGate is not null)
            await operationGate.Task.WaitAsync(cancellationToken);
        Interlocked.Decrement(ref underWay);
        busy.TryRemove(channel.Name, out _);
    }
}
