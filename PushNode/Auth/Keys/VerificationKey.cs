namespace PushNode.Auth.Keys;

/// <summary>One key that can tell whether a signature is right. Safe to use from many threads.</summary>
/// <param name="keyId">The <c>kid</c> by which tokens name it; null for a key without a name.</param>
/// <param name="algorithms">What it may be used for: never more than its type can do, which is what stops one type from being taken for another.</param>
internal abstract class VerificationKey(string? keyId, JwsAlgorithms algorithms)
{
    public string? KeyId { get; } = keyId;

    public JwsAlgorithms Algorithms { get; } = algorithms;

    /// <summary>Whether <paramref name="signature"/> is right for <paramref name="data"/>.</summary>
    /// <param name="algorithm">One of <see cref="Algorithms"/>.</param>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">As JWS has it; any length, any content.</param>
    public abstract bool Verify(JwsAlgorithms algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
}
