using System.Net.Sockets;

namespace PushNode.Bench;

/// <summary>Tells which of many sockets can be read or written without waiting. For one thread.</summary>
internal interface IPoller : IDisposable
{
    /// <summary>Watches a socket from now on, or from now on for something else.</summary>
    /// <param name="socket">One that does not block.</param>
    /// <param name="owner">Who is told.</param>
    /// <param name="forWriting">Whether it is to be written (or is being connected) rather than read.</param>
    void Watch(Socket socket, IReady owner, bool forWriting);

    /// <summary>Watches it no longer. Before it is closed.</summary>
    void Forget(Socket socket);

    /// <summary>Waits until something is ready, or so many nanoseconds, and tells the owners of some.</summary>
    void Poll(long patience);
}
