using PushNode.Messages;

namespace PushNode.Storage.Mongo;

/// <summary>What is stored under an id.</summary>
/// <param name="Seq">Its number; 0 for a document that has none, which is not of PushNode.</param>
/// <param name="Time">When it was accepted, in Unix milliseconds.</param>
/// <param name="Data">The producer's JSON value.</param>
internal sealed record StoredRecord(long Seq, long Time, byte[] Data)
{
    /// <summary>Whether it is the message itself, stored by an attempt whose answer did not come, and not another one with the same id.</summary>
    public bool Is(Message message) => Time == message.Time && Data.AsSpan().SequenceEqual(message.Data.Span);
}
