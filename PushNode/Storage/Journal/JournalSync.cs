namespace PushNode.Storage.Journal;

/// <summary>
/// When an appended batch is forced to the disk. A process that is killed loses nothing in any of these; a power cut or a crash of the system may.
/// </summary>
internal enum JournalSync
{
    /// <summary>Before anybody is told that a message is stored.</summary>
    EveryBatch,

    /// <summary>Every <see cref="JournalSettings.SyncInterval"/>: a power cut loses what was promised since the last one.</summary>
    EveryIntervalLosingUpToIt,

    /// <summary>When a segment is complete, else when the system sees fit: a power cut loses what was promised in the last half minute or so.</summary>
    NeverLeavingItToTheSystem,
}
