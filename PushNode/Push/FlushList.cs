namespace PushNode.Push;

/// <summary>The connections that a batch has put frames into, to be flushed once when all of the batch is in; reused from batch to batch.</summary>
/// <param name="queue">Where many wait for their turn.</param>
internal sealed class FlushList(FlushQueue queue)
{
    private const int Few = 64;

    private readonly List<Connection> connections = [];

    public void Add(Connection connection) => connections.Add(connection);

    /// <summary>Starts writing to each and forgets them. Returns without waiting for any socket.</summary>
    public void Flush()
    {
        if (connections.Count > Few)
        {
            queue.Add(connections);
        }
        else
        {
            foreach (Connection connection in connections)
                connection.Flush();
        }

        connections.Clear();
    }
}
