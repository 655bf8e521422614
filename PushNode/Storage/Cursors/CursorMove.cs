using PushNode.Messages;

namespace PushNode.Storage.Cursors;

/// <summary>Whose cursor, in which channel.</summary>
internal readonly record struct CursorKey(string UserId, string Device, Channel Channel);

/// <summary>A cursor and where it is now.</summary>
internal readonly record struct CursorMove(CursorKey Key, long Seq);
