using PushNode.Messages;

namespace PushNode.Storage.Cursors;

/// <summary>A device's cursors asked for, as <see cref="IMessageStore.ReadCursorsAsync"/> has it.</summary>
internal readonly record struct CursorAsk(string UserId, string Device, IReadOnlyList<Channel> Channels);
