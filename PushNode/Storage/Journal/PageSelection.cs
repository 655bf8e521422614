namespace PushNode.Storage.Journal;

/// <summary>What a page will be made of.</summary>
/// <param name="Entries">The messages to read, in seq order; null when there is nothing to read.</param>
/// <param name="Through">As in <see cref="MessagePage"/>.</param>
/// <param name="Head">As in <see cref="MessagePage"/>.</param>
internal readonly record struct PageSelection(List<IndexEntry>? Entries, long Through, long Head);
