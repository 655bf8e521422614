namespace PushNode.Bench;

/// <summary>A message that was sent and is not answered yet.</summary>
/// <param name="Channel">The index of its channel.</param>
/// <param name="Number">Its number in the run.</param>
/// <param name="Due">When it should have been sent, in nanoseconds.</param>
internal readonly record struct Sending(int Channel, long Number, long Due);
