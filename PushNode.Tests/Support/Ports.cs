using System.Net;
using System.Net.Sockets;

namespace PushNode.Tests.Support;

/// <summary>Ports that no other test has, below the range that the system takes for outgoing connections, so that a node can come back on its own.</summary>
internal static class Ports
{
    private const int First = 20_000;
    private const int Last = 32_000;

    private static int next = First + Random.Shared.Next(Last - First);

    public static int Next()
    {
        for (int tries = Last - First; tries > 0; tries--)
        {
            int port = First + (Interlocked.Increment(ref next) % (Last - First));
            if (IsFree(port))
                return port;
        }

        throw new InvalidOperationException("no port is free");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
