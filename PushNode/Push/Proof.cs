using System.Buffers.Binary;

namespace PushNode.Push;

/// <summary>
/// Proves arrival by ping and pong: a ping stands in the stream behind every frame up to the positions noted with it, so its pong proves that they have
/// arrived. Having been written to a socket proves nothing: a dead network takes bytes for minutes.
/// </summary>
internal struct Proof(long now)
{
    private uint number;

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

    /// <summary>Notes the positions and returns the number that the ping must carry. Called by one thread at a time.</summary>
    public uint Begin(ReadOnlySpan<Subscription> subscriptions, long now)
    {
        // The number changes first: the pong of an earlier ping must not prove the positions noted now.
        uint next = Interlocked.Increment(ref number);
        Sent = now;
        foreach (Subscription subscription in subscriptions)
            subscription.AwaitingProof = subscription.Position;
        return next;
    }

    /// <summary>Whether the pong is the answer to the last ping.</summary>
    public readonly bool IsProvedBy(in ClientFrame pong)
    {
        Span<byte> payload = stackalloc byte[sizeof(uint)];
        if (pong.Length != sizeof(uint))
            return false;
        pong.CopyTo(payload);
        return BinaryPrimitives.ReadUInt32BigEndian(payload) == Volatile.Read(in number);
    }
}
