namespace PushNode.Transport;

/// <summary>Who a socket is read by.</summary>
internal interface ISocketUser
{
    /// <summary>Whether <see cref="OnReadable"/> takes a few microseconds, and may run on the thread that all sockets share.</summary>
    bool IsBrief => false;

    /// <summary>Something has come, or the end. One thread at a time is here for a socket. Must not wait.</summary>
    /// <returns>Whether it has read all there was. When not, nothing more is told until <see cref="ClientSocket.Resume"/>.</returns>
    bool OnReadable(ClientSocket socket);

    /// <summary>The client has left, or will send nothing more: what is under way for it may be given up. May come at any time, and more than once.</summary>
    void OnHungUp();
}
