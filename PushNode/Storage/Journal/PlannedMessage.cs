using PushNode.Messages;

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

/// <summary>One message of the batch being appended.</summary>
/// <param name="Message">The message.</param>
/// <param name="Plan">What will become of it.</param>
/// <param name="Channel">Its channel.</param>
/// <param name="Seq">The seq it will get, or that of the first one with its id.</param>
/// <param name="Key">Its id's key, for a message to store whose producer gave the id.</param>
internal readonly record struct PlannedMessage(Message Message, Plan Plan, ChannelIndex Channel, long Seq, UInt128 Key);
