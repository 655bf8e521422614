namespace PushNode.Auth.Keys;

/// <summary>
/// A key set that is read again from time to time and when a token names an unknown key. One reading at a time, shared by all who wait for it; none
/// sooner than the cooldown after the last one, so that made-up key names cannot be used to flood the key server. A failed reading keeps the old set.
/// </summary>
internal sealed class RotatingKeys(AuthOptions options, JwksFetch fetch, TimeProvider time, ILogger<RotatingKeys> log) : IKeySource, IDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopping = new();
    private volatile KeySet? current;
    private bool disposed;
    private Task<bool> reading = Task.FromResult(false);
    private DateTimeOffset lastStart = DateTimeOffset.MinValue;

    public KeySet? Current => current;

    public JwsAlgorithms Algorithms { get; } = AlgorithmsFrom(options.Jwt.Jwks!);

    /// <summary>What keys from there may be used for. What comes over the network is public, so it cannot be a secret.</summary>
    public static JwsAlgorithms AlgorithmsFrom(string location) =>
        JwksFetch.IsUrl(location) ? JwsAlgorithms.Asymmetric : JwsAlgorithms.Symmetric | JwsAlgorithms.Asymmetric;

    public async ValueTask<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        Task<bool> shared;
        lock (gate)
        {
            if (reading.IsCompleted && !IsCooling())
            {
                lastStart = time.GetUtcNow();
                reading = Task.Run(ReadAsync, CancellationToken.None);
            }

            shared = reading;
        }

        return await shared.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        // The container knows it under two types and disposes it twice.
        if (Interlocked.Exchange(ref disposed, true))
            return;
        stopping.Cancel();
        stopping.Dispose();
    }

    // A clock that was set back must not stretch the cooldown.
    private bool IsCooling() => time.GetUtcNow() - lastStart is var since && since >= TimeSpan.Zero && since < options.Jwt.JwksCooldown;

    private async Task<bool> ReadAsync()
    {
        try
        {
            KeySet keys = JwksDocument.Parse(await fetch.FetchAsync(stopping.Token), Algorithms);
            current = keys;
            log.KeysRead(keys.Count, fetch.Name);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException or FormatException or OperationCanceledException)
        {
            if (stopping.IsCancellationRequested)
                return false;
            string reason = e is OperationCanceledException ? $"no answer within {options.Jwt.JwksTimeout}" : e.Message;
            int known = current?.Count ?? 0;
            log.KeysNotRead(fetch.Name, reason, known);
            return false;
        }
    }
}
