using System.Buffers.Binary;

namespace PushNode.Push;

/// <summary>
/// Proves arrival by ping and pong: a ping stands in the stream behind every frame up to the positions noted with it, so its pong proves that they have
/// arrived. Having been written to a socket proves nothing: a dead network takes bytes for minutes.
/// </summary>
internal struct Proof(long now)
{
    private uint number;
    private int awaited;

    /// <summary>When the last ping was sent, as a timestamp of the clock.</summary>
    public long Sent { get; private set; } = now;

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
    public readonly bool IsAwaited => Volatile.Read(in awaited) != 0;

    /// <summary>
    /// Notes the positions and returns the number that the ping must carry. Only while none is awaited: the positions belong to whoever reads the pong until
    /// then.
    /// </summary>
    public uint Begin(ReadOnlySpan<Subscription> subscriptions, long now)
    {
        Sent = now;
        foreach (Subscription subscription in subscriptions)
            subscription.AwaitingProof = subscription.Position;
        number++;
        Volatile.Write(ref awaited, 1);
        return number;
    }

    /// <summary>The ping has been answered, and what it proved is noted; or it was not sent.</summary>
    public void End() => Volatile.Write(ref awaited, 0);

    /// <summary>Whether the pong is the answer to the ping that is awaited.</summary>
    public readonly bool IsProvedBy(in ClientFrame pong)
    {
        Span<byte> payload = stackalloc byte[sizeof(uint)];
        if (!IsAwaited || pong.Length != sizeof(uint))
            return false;
        pong.CopyTo(payload);
        return BinaryPrimitives.ReadUInt32BigEndian(payload) == number;
    }
}
