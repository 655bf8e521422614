namespace PushNode.Storage;

/// <summary>Up to where a device has acknowledged a channel.</summary>
internal readonly record struct DeviceCursor(string UserId, string Device, long Seq);
