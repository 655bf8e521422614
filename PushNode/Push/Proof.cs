using System.Buffers.Binary;

namespace PushNode.Push;

/// <summary>
/// Proves arrival by ping and pong: a ping stands in the stream behind every frame up to the positions noted with it, so its pong proves that they have
/// arrived. Having been written to a socket proves nothing: a dead network takes bytes for minutes.
/// </summary>
internal struct Proof(long now)
{
    private const int None = 0;
    private const int BeingMade = 1;
    private const int Awaited = 2;

    private uint number;
    private int state;
    private long sent = now;

    /// <summary>When the last ping was sent, as a timestamp of the clock.</summary>
    public readonly long Sent => Volatile.Read(in sent);

    /// <summary>Whether something was written that is not proved.</summary>
    public static bool IsWanted(ReadOnlySpan<Subscription> subscriptions)
    {
        foreach (Subscription subscription in subscriptions)
        {
            if (subscription.Position > subscription.Acknowledged)
                return true;
        }

        return false;
    }

    /// <summary>Whether a ping is out that has not been answered.</summary>
    public readonly bool IsAwaited => Volatile.Read(in state) != None;

    /// <summary>
    /// Notes the positions and gives the number that the ping must carry; false while one is awaited: the positions belong to whoever reads the pong until
    /// then. Any thread may call it.
    /// </summary>
    public bool TryBegin(ReadOnlySpan<Subscription> subscriptions, long now, out uint ping)
    {
        ping = 0;
        if (Interlocked.CompareExchange(ref state, BeingMade, None) != None)
            return false;
        Volatile.Write(ref sent, now);
        foreach (Subscription subscription in subscriptions)
            subscription.AwaitingProof = subscription.Position;
        ping = ++number;
        Volatile.Write(ref state, Awaited);
        return true;
    }

    /// <summary>The ping has been answered, and what it proved is noted; or it was not sent.</summary>
    public void End() => Volatile.Write(ref state, None);

    /// <summary>Whether the pong is the answer to the ping that is awaited.</summary>
    public readonly bool IsProvedBy(in ClientFrame pong)
    {
        Span<byte> payload = stackalloc byte[sizeof(uint)];
        if (Volatile.Read(in state) != Awaited || pong.Length != sizeof(uint))
            return false;
        pong.CopyTo(payload);
        return BinaryPrimitives.ReadUInt32BigEndian(payload) == number;
    }
}
