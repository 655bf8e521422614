namespace PushNode.Cluster;

/// <summary>The nodes that hold one channel.</summary>
/// <param name="Addresses">Theirs; those of every node that may hold it, when that cannot be found out.</param>
/// <param name="AreAll">False when there may be nodes that are not known: the table cannot be reached.</param>
internal readonly record struct Holders(IReadOnlyList<string> Addresses, bool AreAll);
