using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>Brings parcels to other nodes; what these report of a parcel is read while later ones are under way.</summary>
internal sealed class ParcelPost(PeerClient peers, ClusterOptions options, DispatchMetrics metrics)
{
    private int reading;

    /// <summary>Returns when the node has taken the parcel, which is empty then. The reports of its messages come later, or count as 0.</summary>
    /// <param name="peer">The node.</param>
    /// <param name="path">What it is to do with the messages.</param>
    /// <param name="parcel">Left as it is when the node has not taken it.</param>
    /// <param name="reconcile">Whether the node is to compare what it holds with the store.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="PeerUnavailableException">It did not take it, or did not say so.</exception>
    public async Task SendAsync(Peer peer, string path, Parcel parcel, bool reconcile, CancellationToken cancellationToken)
    {
        metrics.Requests.Add(1);
        int count = parcel.Count;
        PeerAnswer answer = await peers.OpenAsync(peer, path, parcel.Encode(reconcile), cancellationToken);
        try
        {
            byte[] first = new byte[1];
            if (await answer.ReadAsync(first, options.Timeout, cancellationToken) == 0 || first[0] != MessageProtocol.Taken)
                throw new PeerUnavailableException($"{peer.Address} did not say whether it has taken the messages", mayHaveArrived: true);
        }
        catch
        {
            answer.Dispose();
            throw;
        }

        metrics.Forwarded.Add(count);
        _ = SettleAsync(answer, parcel.Empty());
    }

    private async Task SettleAsync(PeerAnswer answer, DeliveryReport[] reports)
    {
        int[] connections = [];
        try
        {
            // An answer that is not read to its end is cut off, which the other node has to be told: it is read even where nothing is to come.
            if (Interlocked.Increment(ref reading) <= MessageProtocol.MaxReports)
                connections = await ReadAsync(answer, reports.Length);
        }
        catch (Exception e) when (e is PeerUnavailableException or MalformedPeerBodyException)
        {
            // The messages have been taken; how many connections they were written to remains unknown.
        }
        finally
        {
            Interlocked.Decrement(ref reading);
            answer.Dispose();
            for (int i = 0; i < reports.Length; i++)
                reports[i].Add(i < connections.Length ? connections[i] : 0);
        }
    }

    private async Task<int[]> ReadAsync(PeerAnswer answer, int reports)
    {
        byte[] body = new byte[((reports + 1) * sizeof(int)) + 1];
        int length = await answer.ReadAsync(body, MessageProtocol.ReportWait + options.Timeout, CancellationToken.None);
        return length == 0 ? [] : MessageBodies.ReadReports(body.AsSpan(0, length), reports);
    }
}
