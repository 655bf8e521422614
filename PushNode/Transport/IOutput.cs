namespace PushNode.Transport;

/// <summary>Where bytes for a client go.</summary>
internal interface IOutput
{
    /// <summary>Writes bytes, which are the caller's again as soon as this returns. One write at a time.</summary>
    /// <returns>Completes when the system has taken them all; false when the connection has ended.</returns>
    ValueTask<bool> WriteAsync(ReadOnlySpan<byte> bytes);
}
