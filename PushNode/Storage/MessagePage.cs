using PushNode.Messages;

namespace PushNode.Storage;

/// <summary>Part of a channel, in seq order.</summary>
/// <param name="Messages">Those that have not expired, each with its seq and frame.</param>
/// <param name="Through">Everything up to this seq has been considered: what is missing below has expired. Equal to <paramref name="Head"/> on the last page.</param>
/// <param name="Head">The channel's newest seq when it was read.</param>
internal readonly record struct MessagePage(IReadOnlyList<Message> Messages, long Through, long Head);
