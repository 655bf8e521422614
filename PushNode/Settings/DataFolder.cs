namespace PushNode.Settings;

/// <summary>Where this node keeps what outlives it: journal, generated keys, lock. Set with the key <c>Data</c>.</summary>
/// <param name="Path">The folder; it is made when it does not exist.</param>
internal sealed record DataFolder(string Path);
