using System.Collections.Concurrent;

namespace PushNode.Push;

/// <summary>Every connection of this node, with the limits on how many there may be.</summary>
internal sealed class ConnectionList(PushOptions options)
{
    private readonly Lock gate = new();
    private readonly List<Connection> connections = [];
    private readonly ConcurrentDictionary<string, int> byAddress = [];
    private volatile bool stopping;

    public int Count
    {
        get
        {
            lock (gate)
                return connections.Count;
        }
    }

    /// <summary>Lets no more in; those that are here stay until they leave.</summary>
    public void Stop() => stopping = true;

    /// <summary>Whether one more would be within the limits of the node and of the address.</summary>
    public ConnectionRoom FindRoom(string? address)
    {
        if (stopping)
            return ConnectionRoom.Stopping;
        if (Count >= options.MaxConnections)
            return ConnectionRoom.NodeFull;
        return address is not null && options.MaxConnectionsPerAddress > 0 && byAddress.GetValueOrDefault(address) >= options.MaxConnectionsPerAddress
            ? ConnectionRoom.AddressFull
            : ConnectionRoom.Free;
    }

    public void Add(Connection connection)
    {
        lock (gate)
        {
            connection.ListIndex = connections.Count;
            connections.Add(connection);
        }

        if (connection.RemoteAddress is { } address)
            byAddress.AddOrUpdate(address, 1, static (_, count) => count + 1);
        PushMetrics.Connections.Add(1);
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

        if (connection.RemoteAddress is { } address)
        {
            int left = byAddress.AddOrUpdate(address, 0, static (_, count) => count - 1);
            if (left <= 0)
                byAddress.TryRemove(KeyValuePair.Create(address, left));
        }

        PushMetrics.Connections.Add(-1);
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
