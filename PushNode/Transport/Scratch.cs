namespace PushNode.Transport;

/// <summary>A buffer for each thread, for what is received and dealt with at once.</summary>
internal static class Scratch
{
    [ThreadStatic]
    private static byte[]? bytes;

    /// <summary>The calling thread's: <see cref="RequestHead.MaxLength"/> and one byte. Nothing is left in it when its user returns.</summary>
    public static byte[] Bytes => bytes ??= new byte[RequestHead.MaxLength + 1];
}
