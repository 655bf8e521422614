namespace PushNode.Collect;

/// <summary>Who sent a request and how it wants to be answered.</summary>
/// <param name="Key">Which API key it came with, as the guard counts them.</param>
/// <param name="Waits">Whether the answer is to tell how many connections the message was written to.</param>
internal readonly record struct Producer(int Key, bool Waits);
