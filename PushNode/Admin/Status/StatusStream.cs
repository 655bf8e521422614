namespace PushNode.Admin.Status;

/// <summary>The events of one stream. For one caller at a time; to be disposed of.</summary>
/// <param name="feed">Where they come from.</param>
/// <param name="seen">The status behind which it begins.</param>
internal sealed class StatusStream(StatusFeed feed, long seen) : IDisposable
{
    private bool begun;
    private bool ended;

    /// <summary>The next event, as soon as there is one, the newest if it is late; null after the last.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        if (ended)
            return null;
        if (await feed.NextAsync(seen, cancellationToken) is not { } next)
        {
            ended = true;
            return StatusText.Close;
        }

        if (begun)
        {
            seen = next.Version;
            return next.Status;
        }

        begun = true;
        (ReadOnlyMemory<byte> history, seen) = feed.History();
        return history;
    }

    public void Dispose() => feed.Leave();
}
