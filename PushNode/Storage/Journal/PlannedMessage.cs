using PushNode.Messages;

namespace PushNode.Storage.Journal;

/// <summary>One message of the batch being appended.</summary>
/// <param name="Message">The message.</param>
/// <param name="Plan">What will become of it.</param>
/// <param name="Channel">Its channel.</param>
/// <param name="Seq">The seq it will get, or that of the first one with its id.</param>
/// <param name="Key">Its id's key, for a message to store whose producer gave the id.</param>
internal readonly record struct PlannedMessage(Message Message, Plan Plan, ChannelIndex Channel, long Seq, UInt128 Key);
