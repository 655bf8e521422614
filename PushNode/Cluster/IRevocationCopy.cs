namespace PushNode.Cluster;

/// <summary>A copy of the revocations that every node can ask at once; the store has them for good.</summary>
internal interface IRevocationCopy
{
    /// <summary>Puts one in, never backward. Does not throw: a copy that cannot be reached is made up for by the store.</summary>
    ValueTask PutAsync(string userId, long before, CancellationToken cancellationToken);

    /// <summary>The time (Unix milliseconds) before which the user's tokens are void; 0 when nothing is known.</summary>
    ValueTask<long> FindAsync(string userId, CancellationToken cancellationToken);
}
