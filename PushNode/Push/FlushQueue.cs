namespace PushNode.Push;

/// <summary>
/// Connections that a broadcast has put frames into, in line to be written to. Half of the processors work on it, a part at a time: so whatever else is due has
/// its turn, a message for one user does not wait for the whole line, and a next broadcast's frames gather behind those that still wait and leave with them in
/// one write.
/// </summary>
internal sealed class FlushQueue
{
    private const int PartLength = 128;

    private readonly Lock gate = new();
    private readonly Queue<Connection> waiting = [];
    private readonly Stack<Part> idle = [];

    public FlushQueue()
    {
        for (int i = 0; i < Math.Max(1, Environment.ProcessorCount / 2); i++)
            idle.Push(new Part(this));
    }

    /// <summary>Has each connection written to, after those that are in line already. Returns without waiting for any.</summary>
    public void Add(List<Connection> connections)
    {
        lock (gate)
        {
            foreach (Connection connection in connections)
                waiting.Enqueue(connection);
            while (idle.TryPop(out Part? part))
                part.Queue();
        }
    }

    // The next in line; 0 when there is none, which sets the part aside.
    private int Take(Part part, Span<Connection?> target)
    {
        lock (gate)
        {
            int count = 0;
            while (count < target.Length && waiting.TryDequeue(out target[count]))
                count++;
            if (count == 0)
                idle.Push(part);
            return count;
        }
    }

    private sealed class Part(FlushQueue queue) : IThreadPoolWorkItem
    {
        private readonly Connection?[] connections = new Connection?[PartLength];

        public void Queue() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

        public void Execute()
        {
            int count = queue.Take(this, connections);
            if (count == 0)
                return;
            foreach (Connection? connection in connections.AsSpan(0, count))
                connection!.Flush();
            connections.AsSpan(0, count).Clear();
            Queue();
        }
    }
}
