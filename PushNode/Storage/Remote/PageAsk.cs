using PushNode.Messages;

namespace PushNode.Storage.Remote;

/// <summary>A page asked for, as <see cref="IMessageStore.ReadAsync"/> has it.</summary>
internal readonly record struct PageAsk(Channel Channel, long After, int MaxBytes);
