namespace PushNode.Bench;

/// <summary>Who owns a socket that an <see cref="IPoller"/> watches.</summary>
internal interface IReady
{
    /// <summary>The socket can be read or, if that was asked for, written; or it has failed, which reading or writing tells.</summary>
    void OnReady();
}
