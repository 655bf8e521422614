namespace PushNode.Push;

/// <summary>What the bytes at the front of a client's stream are.</summary>
internal enum FrameStatus
{
    /// <summary>A whole frame.</summary>
    Complete,

    /// <summary>The beginning of one; more must come.</summary>
    Incomplete,

    /// <summary>A frame without a mask, which a client must set (RFC 6455 section 5.1).</summary>
    Unmasked,

    /// <summary>A reserved bit is set, though no extension was agreed on (section 5.2).</summary>
    ReservedBits,

    /// <summary>An opcode that is not defined (section 5.2).</summary>
    UnknownOpcode,

    /// <summary>A length in more bytes than it needs (section 5.2).</summary>
    LongLength,

    /// <summary>A control frame in fragments (section 5.5).</summary>
    FragmentedControl,

    /// <summary>A control frame above 125 bytes (section 5.5).</summary>
    OversizedControl,

    /// <summary>A payload above the limit.</summary>
    TooLarge,
}
