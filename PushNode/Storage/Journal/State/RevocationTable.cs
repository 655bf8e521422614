namespace PushNode.Storage.Journal.State;

/// <summary>
/// The revocations that are durable. None is ever dropped: how long a token may live is not known here, and one entry for each user ever revoked is
/// a small price.
/// </summary>
internal sealed class RevocationTable
{
    private readonly Dictionary<string, long> revocations = [];

    /// <summary>The time before which the user's tokens are void, in Unix milliseconds; 0 when there is none.</summary>
    public long Find(string userId)
    {
        lock (revocations)
            return revocations.GetValueOrDefault(userId);
    }

    /// <summary>Adds one; never moves backward.</summary>
    public void Raise(string userId, long before)
    {
        lock (revocations)
            revocations[userId] = Math.Max(before, revocations.GetValueOrDefault(userId));
    }

    public IReadOnlyList<KeyValuePair<string, long>> List()
    {
        lock (revocations)
            return [.. revocations];
    }
}
