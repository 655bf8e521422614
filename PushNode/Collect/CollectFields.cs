namespace PushNode.Collect;

/// <summary>The fields of a request, as a set of those that have been seen.</summary>
[Flags]
internal enum CollectFields
{
    None = 0,
    UserId = 1,
    UserIds = 2,
    Topic = 4,
    Broadcast = 8,
    Data = 16,
    Id = 32,
    Ttl = 64,
    Ephemeral = 128,
    Event = 256,

    /// <summary>Those that say where the message goes; a request has exactly one of them.</summary>
    Targets = UserId | UserIds | Topic | Broadcast,
}
