namespace PushNode.Cluster;

/// <summary>A node alone needs no copy.</summary>
internal sealed class NoRevocationCopy : IRevocationCopy
{
    public ValueTask PutAsync(string userId, long before, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<long> FindAsync(string userId, CancellationToken cancellationToken) => new(0L);
}
