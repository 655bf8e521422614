namespace PushNode.Storage.Journal;

/// <summary>What will become of one message of a batch.</summary>
internal enum Plan
{
    /// <summary>It is stored.</summary>
    Store,

    /// <summary>Its id was used before.</summary>
    Repeat,

    /// <summary>It is too long for a record.</summary>
    Refuse,
}
