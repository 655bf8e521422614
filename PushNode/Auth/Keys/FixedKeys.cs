namespace PushNode.Auth.Keys;

/// <summary>One key for the life of the process.</summary>
internal sealed class FixedKeys(VerificationKey key) : IKeySource
{
    public KeySet? Current { get; } = KeySet.Single(key);

    public JwsAlgorithms Algorithms => key.Algorithms;

    public ValueTask<bool> RefreshAsync(CancellationToken cancellationToken) => new(true);
}
