namespace PushNode.Auth.Keys;

/// <summary>The keys that count at one moment; never changes.</summary>
internal sealed class KeySet
{
    private readonly VerificationKey[] keys;
    private readonly bool named;

    private KeySet(VerificationKey[] keys, bool named)
    {
        this.keys = keys;
        this.named = named;
    }

    public int Count => keys.Length;

    /// <summary>The one configured key, whatever name tokens give it.</summary>
    public static KeySet Single(VerificationKey key) => new([key], named: false);

    /// <summary>Keys that are found by their names.</summary>
    public static KeySet Named(IEnumerable<VerificationKey> keys) => new([.. keys], named: true);

    /// <summary>
    /// How many keys suit a token that asks for this algorithm and this key name; when it is one, that is <paramref name="key"/>. A token that names no
    /// key is only verified where there is no choice: trying all keys would multiply the cost of a bad token.
    /// </summary>
    public int Find(JwsAlgorithms algorithm, string? keyId, out VerificationKey? key)
    {
        key = null;
        int count = 0;
        foreach (VerificationKey candidate in keys)
        {
            if ((candidate.Algorithms & algorithm) != 0 && (!named || keyId is null || candidate.KeyId == keyId))
            {
                key = candidate;
                count++;
            }
        }

        return count;
    }
}
