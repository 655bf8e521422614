namespace PushNode.Auth.Keys;

/// <summary>Where the verifier's keys come from: fixed at start, or a set that changes.</summary>
internal interface IKeySource
{
    /// <summary>The keys now; null when they have not been fetched yet.</summary>
    KeySet? Current { get; }

    /// <summary>Everything that keys from here may ever be used for.</summary>
    JwsAlgorithms Algorithms { get; }

    /// <summary>Looks for newer keys, because a token names an unknown one. False when the source could not be asked at the last attempt.</summary>
    ValueTask<bool> RefreshAsync(CancellationToken cancellationToken);
}
