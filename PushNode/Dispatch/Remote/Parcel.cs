using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>What one request brings to another node, in order: kept until the node has taken it. Reused from request to request, with its buffers. For one caller at a time.</summary>
internal sealed class Parcel(DispatchMetrics metrics)
{
    private const int HeaderBytes = sizeof(byte) + sizeof(int);

    private readonly List<Queued> messages = [];
    private readonly PeerWriter body = new();
    private int bytes = HeaderBytes;

    public int Count => messages.Count;

    /// <summary>Puts the message in behind the others; false when it is full. An empty one takes any.</summary>
    public bool TryAdd(in Queued queued)
    {
        int size = MessageEntry.SizeOf(queued.Message);
        if (messages.Count > 0 && (messages.Count == MessageProtocol.MaxMessages || bytes + size > MessageProtocol.MaxBytes))
            return false;
        messages.Add(queued);
        bytes += size;
        return true;
    }

    /// <summary>The request; valid until the next change.</summary>
    public ReadOnlyMemory<byte> Encode(bool reconcile)
    {
        body.Clear();
        body.Byte(reconcile ? MessageProtocol.Reconcile : (byte)0);
        body.Int(messages.Count);
        foreach (Queued queued in messages)
            MessageEntry.Write(body, queued.Message);
        return body.Written;
    }

    /// <summary>The node has taken it: empties it, and returns the reports that are to come, in order.</summary>
    public DeliveryReport[] Empty()
    {
        DeliveryReport[] reports = [];
        int wanted = messages.Count(static m => m.Message.Report is not null);
        if (wanted > 0)
            reports = [.. messages.Select(static m => m.Message.Report).OfType<DeliveryReport>()];
        Clear();
        return reports;
    }

    /// <summary>Gives up the ephemeral messages: they may have arrived.</summary>
    public void DropUnsure() => Drop(DropReason.Unsure, static (in q, _) => q.Message.Ephemeral, 0);

    /// <summary>Gives up what has waited since before a moment; returns how many of these are in the store.</summary>
    public int DropExpired(long before) => Drop(DropReason.Expired, static (in q, before) => q.Since < before, before);

    /// <summary>Gives up everything; returns how many of these are in the store.</summary>
    public int DropAll(string reason) => Drop(reason, static (in _, _) => true, 0);

    private delegate bool Condition(in Queued queued, long moment);

    private int Drop(string reason, Condition drops, long moment)
    {
        int kept = 0, stored = 0;
        for (int i = 0; i < messages.Count; i++)
        {
            Queued queued = messages[i];
            if (!drops(queued, moment))
            {
                messages[kept++] = queued;
                continue;
            }

            bytes -= MessageEntry.SizeOf(queued.Message);
            if (metrics.GiveUp(queued.Message, reason))
                stored++;
        }

        messages.RemoveRange(kept, messages.Count - kept);
        return stored;
    }

    private void Clear()
    {
        messages.Clear();
        bytes = HeaderBytes;
    }
}
