namespace PushNode.Push;

/// <summary>Where the reading of a client stands.</summary>
internal enum ReadStep
{
    /// <summary>No whole frame is left; more bytes must come.</summary>
    MoreNeeded,

    /// <summary>A whole message is there to be handled.</summary>
    Message,

    /// <summary>A whole message is there that has to wait for the one before.</summary>
    HeldUp,

    /// <summary>The client has closed.</summary>
    Ended,
}
