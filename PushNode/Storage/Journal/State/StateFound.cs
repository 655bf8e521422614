namespace PushNode.Storage.Journal.State;

/// <summary>How the state log was found at start.</summary>
internal enum StateFound
{
    /// <summary>Whole.</summary>
    Whole,

    /// <summary>It ends in the middle of a record, as after a power cut: what had been confirmed is there.</summary>
    Torn,

    /// <summary>It is damaged in the middle, or tells no epoch: some of it is lost.</summary>
    Damaged,

    /// <summary>There is none.</summary>
    Missing,
}
