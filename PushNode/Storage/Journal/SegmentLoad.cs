namespace PushNode.Storage.Journal;

/// <summary>How a segment was found at start.</summary>
/// <param name="End">Up to where it has records.</param>
/// <param name="Damage">
/// Stretches that hold no readable record, in order; the last one reaches to the end of the file, or of what is not zero
/// in it, when the file does not end with a record.
/// </param>
internal readonly record struct SegmentLoad(long End, IReadOnlyList<(long From, long To)> Damage);
