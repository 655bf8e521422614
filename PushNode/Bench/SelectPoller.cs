using System.Net.Sockets;

namespace PushNode.Bench;

/// <summary>For systems without epoll: asks about all sockets each time. Right, but dear with thousands of connections.</summary>
internal sealed class SelectPoller : IPoller
{
    private readonly Dictionary<Socket, (IReady Owner, bool ForWriting)> watched = [];
    private readonly List<Socket> readable = [];
    private readonly List<Socket> writable = [];
    private readonly List<Socket> failed = [];

    public void Watch(Socket socket, IReady owner, bool forWriting) => watched[socket] = (owner, forWriting);

    public void Forget(Socket socket) => watched.Remove(socket);

    public void Poll(long patience)
    {
        readable.Clear();
        writable.Clear();
        failed.Clear();
        foreach ((Socket socket, (_, bool forWriting)) in watched)
        {
            (forWriting ? writable : readable).Add(socket);
            // A connection that could not be made is told there.
            if (forWriting)
                failed.Add(socket);
        }

        if (watched.Count == 0)
            return;
        Socket.Select(readable, writable, failed, (int)Math.Min(patience / 1000, int.MaxValue));
        foreach (Socket socket in (IEnumerable<Socket>)[.. readable, .. writable, .. failed])
        {
            if (watched.TryGetValue(socket, out (IReady Owner, bool) entry))
                entry.Owner.OnReady();
        }
    }

    public void Dispose() => watched.Clear();
}
