namespace PushNode.Dispatch.Remote;

/// <summary>Reads the body of an answer.</summary>
internal delegate T Reading<out T>(ReadOnlySpan<byte> answer);
