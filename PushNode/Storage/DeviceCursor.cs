namespace PushNode.Storage;

/// <summary>Up to where a device has acknowledged a channel.</summary>
internal readonly record struct DeviceCursor(string UserId, string Device, long Seq)
{
    /// <summary>In the place of a seq, for a cursor of an earlier epoch: there is one, and it says nothing here. Above every head.</summary>
    public const long OfEarlierEpoch = long.MaxValue;
}
