namespace PushNode.Transport;

/// <summary>Connections that have sent nothing yet, in the order in which they came: those that wait too long are closed, by one clock for all.</summary>
/// <param name="user">Who reads a connection that has sent nothing.</param>
/// <param name="patience">How long one may send nothing.</param>
/// <param name="time">The clock.</param>
internal sealed class Arrivals(ISocketUser user, TimeSpan patience, TimeProvider time)
{
    private const int SmallQueue = 1024;

    private readonly Lock gate = new();
    private readonly Queue<(ClientSocket Socket, long Since)> waiting = [];

    public void Add(ClientSocket socket)
    {
        lock (gate)
            waiting.Enqueue((socket, time.GetTimestamp()));
    }

    /// <summary>Closes those that have sent nothing for too long.</summary>
    public void CloseLate()
    {
        while (TryTake(patience, out ClientSocket? late))
            CloseIfSilent(late);
    }

    /// <summary>Closes all that have sent nothing.</summary>
    public void CloseAll()
    {
        while (TryTake(TimeSpan.Zero, out ClientSocket? silent))
            CloseIfSilent(silent);
    }

    private bool TryTake(TimeSpan age, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ClientSocket? socket)
    {
        socket = null;
        lock (gate)
        {
            if (!waiting.TryPeek(out (ClientSocket Socket, long Since) oldest) || time.GetElapsedTime(oldest.Since) < age)
                return false;
            waiting.Dequeue();
            socket = oldest.Socket;
            if (waiting.Count == 0 && waiting.Capacity > SmallQueue)
                waiting.TrimExcess(SmallQueue);
            return true;
        }
    }

    // One that is being read, or has been, has sent something.
    private void CloseIfSilent(ClientSocket socket)
    {
        if (socket.User != user || !socket.TryClaim())
            return;
        // It may have become another's while it was claimed.
        if (socket.User == user)
            socket.Dispose();
        else
            socket.Release();
    }
}
