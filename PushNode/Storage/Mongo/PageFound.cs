using PushNode.Messages;

namespace PushNode.Storage.Mongo;

/// <summary>What a page was made of.</summary>
/// <param name="Messages">The messages that have not expired.</param>
/// <param name="Through">Everything up to this number has been considered.</param>
/// <param name="Last">The highest number seen, that of the place asked from included; 0 when there was no record.</param>
/// <param name="LastTime">When that message was accepted, in Unix milliseconds.</param>
/// <param name="IsEnd">Whether there is no record behind.</param>
internal readonly record struct PageFound(IReadOnlyList<Message> Messages, long Through, long Last, long LastTime, bool IsEnd);
