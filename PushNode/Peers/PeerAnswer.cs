namespace PushNode.Peers;

/// <summary>An answer that comes in parts. To be disposed of, whether it was read to its end or not.</summary>
internal sealed class PeerAnswer(Peer peer, HttpResponseMessage response, Stream body) : IDisposable
{
    /// <summary>Fills the buffer with what comes next, and returns how much that was: less only where the answer ends.</summary>
    /// <exception cref="PeerUnavailableException">The answer was broken off, or did not come within the time.</exception>
    public async Task<int> ReadAsync(Memory<byte> buffer, TimeSpan within, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(within);
        try
        {
            return await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, patience.Token);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw BrokenOff(peer, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PeerUnavailableException($"{peer.Address} did not go on with its answer within {within.TotalSeconds} s", mayHaveArrived: true);
        }
    }

    public void Dispose() => response.Dispose();

    internal static PeerUnavailableException BrokenOff(Peer peer, Exception cause) =>
        new($"{peer.Address} broke off its answer: {cause.Message}", mayHaveArrived: true, cause);
}
