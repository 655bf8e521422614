namespace PushNode.Settings;

/// <summary>The folder in which a node keeps its journal and its generated keys.</summary>
/// <param name="Path">An absolute path.</param>
internal sealed record DataFolder(string Path);
