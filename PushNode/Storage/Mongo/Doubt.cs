namespace PushNode.Storage.Mongo;

/// <summary>Which of a channel's messages that wait may be stored already.</summary>
internal enum Doubt
{
    None,

    /// <summary>The first one, whose id was refused as a duplicate.</summary>
    First,

    /// <summary>Any of them: an attempt has ended without an answer.</summary>
    All,
}
