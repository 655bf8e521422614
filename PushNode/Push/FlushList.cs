using System.Buffers;

namespace PushNode.Push;

/// <summary>
/// The connections that a batch has put frames into, to be flushed once when all of the batch is in; reused from batch to batch. Many are shared out among the
/// processors: with one after the other a broadcast reaches its last receiver so much later.
/// </summary>
internal sealed class FlushList
{
    private const int Few = 64;
    private const int Share = 256;

    private readonly List<Connection> connections = [];

    public void Add(Connection connection) => connections.Add(connection);

    /// <summary>Starts writing to each and forgets them. Returns without waiting for any socket.</summary>
    public void Flush()
    {
        if (connections.Count <= Few)
        {
            foreach (Connection connection in connections)
                connection.Flush();
        }
        else
        {
            for (int start = 0; start < connections.Count; start += Share)
                ThreadPool.UnsafeQueueUserWorkItem(new Part(connections, start, Math.Min(Share, connections.Count - start)), preferLocal: false);
        }

        connections.Clear();
    }

    private sealed class Part : IThreadPoolWorkItem
    {
        private readonly Connection[] connections;
        private readonly int count;

        public Part(List<Connection> all, int start, int count)
        {
            connections = ArrayPool<Connection>.Shared.Rent(count);
            this.count = count;
            all.CopyTo(start, connections, 0, count);
        }

        public void Execute()
        {
            foreach (Connection connection in connections.AsSpan(0, count))
                connection.Flush();
            connections.AsSpan(0, count).Clear();
            ArrayPool<Connection>.Shared.Return(connections);
        }
    }
}
