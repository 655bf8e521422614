namespace PushNode.Storage.Journal;

/// <summary>What the parts of the journal share.</summary>
internal sealed record JournalServices(JournalSettings Settings, TimeProvider Time, Disk Disk, ILogger Logger)
{
    /// <summary>The time, in Unix milliseconds.</summary>
    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
