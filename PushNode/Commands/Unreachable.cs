using System.Net.Sockets;

namespace PushNode.Commands;

/// <summary>Why a node could not be reached, for people.</summary>
internal static class Unreachable
{
    /// <summary>
    /// The reason that lies deepest: what is around it often says no more than that there is one. That of a socket is told with its address by the one around it.
    /// </summary>
    public static string Reason(Exception e)
    {
        while (e.InnerException is { } inner and not SocketException)
            e = inner;
        return e.Message;
    }
}
