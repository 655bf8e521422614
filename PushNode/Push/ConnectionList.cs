using System.Collections.Concurrent;
using PushNode.Peers;

namespace PushNode.Push;

/// <summary>Every connection of this node, with the limits on how many there may be.</summary>
internal sealed class ConnectionList(PushOptions options, PushMetrics metrics) : INodeLoad
{
    private readonly Lock gate = new();
    private readonly List<Connection> connections = [];
    private readonly ConcurrentDictionary<string, int> byAddress = [];
    private volatile bool stopping;
    private int places;

    public int Count
    {
        get
        {
            lock (gate)
                return connections.Count;
        }
    }

    int INodeLoad.Connections => Count;

    /// <summary>Whether nobody is let in any more.</summary>
    public bool IsStopping => stopping;

    /// <summary>Lets no more in; those that are here stay until they leave.</summary>
    public void Stop() => stopping = true;

    /// <summary>Takes a place for one more connection, if the limits of the node and of the address allow it; <see cref="Leave"/> gives it back.</summary>
    public ConnectionRoom TryEnter(string? address)
    {
        if (stopping)
            return ConnectionRoom.Stopping;
        if (Interlocked.Increment(ref places) > options.MaxConnections)
        {
            Interlocked.Decrement(ref places);
            return ConnectionRoom.NodeFull;
        }

        if (address is null || byAddress.AddOrUpdate(address, 1, static (_, count) => count + 1) <= options.MaxConnectionsPerAddress)
            return ConnectionRoom.Free;
        Leave(address);
        return ConnectionRoom.AddressFull;
    }

    /// <summary>Gives a place back.</summary>
    public void Leave(string? address)
    {
        Interlocked.Decrement(ref places);
        if (address is not null && byAddress.AddOrUpdate(address, 0, static (_, count) => count - 1) <= 0)
            byAddress.TryRemove(KeyValuePair.Create(address, 0));
    }

    public void Add(Connection connection)
    {
        lock (gate)
        {
            connection.ListIndex = connections.Count;
            connections.Add(connection);
        }

        metrics.CountConnected();
    }

    public void Remove(Connection connection)
    {
        lock (gate)
        {
            Connection last = connections[^1];
            connections[connection.ListIndex] = last;
            last.ListIndex = connection.ListIndex;
            connections.RemoveAt(connections.Count - 1);
        }

        metrics.CountDisconnected();
    }

    /// <summary>Those that are here now.</summary>
    public Connection[] ToArray()
    {
        lock (gate)
            return [.. connections];
    }

    /// <summary>Copies up to the length of <paramref name="target"/> connections from <paramref name="start"/> on; returns how many.</summary>
    public int Copy(int start, Span<Connection?> target)
    {
        lock (gate)
        {
            int count = Math.Clamp(connections.Count - start, 0, target.Length);
            for (int i = 0; i < count; i++)
                target[i] = connections[start + i];
            return count;
        }
    }
}
