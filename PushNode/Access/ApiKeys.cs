using System.Security.Cryptography;
using System.Text;
using PushNode.Settings;

namespace PushNode.Access;

/// <summary>The API keys of this node, kept as SHA-256 hashes only, so that a comparison takes the same time whatever is presented.</summary>
internal sealed class ApiKeys
{
    private readonly byte[][] hashes;

    private ApiKeys(IEnumerable<string> keys) => hashes = [.. keys.Distinct().Select(static key => SHA256.HashData(Encoding.ASCII.GetBytes(key)))];

    /// <summary>No key is configured: whoever reaches the node may post. Only right on loopback.</summary>
    public bool IsOpen => hashes.Length == 0;

    /// <summary>How many keys there are.</summary>
    public int Count => hashes.Length;

    /// <summary>Takes the keys from the settings and from the file they name.</summary>
    /// <exception cref="SettingsException">The file cannot be read, holds no key, or a line of it is none.</exception>
    public static ApiKeys Load(AccessSettings settings) =>
        new(settings.ApiKeysFile is { Length: > 0 } path ? [.. settings.ApiKeys, .. ReadFile(path)] : settings.ApiKeys);

    /// <summary>The number of the presented key, from 0; -1 when it is none of them.</summary>
    public int Find(ReadOnlySpan<char> presented)
    {
        if (presented.Length > AccessSettings.MaxKeyLength)
            return -1;

        Span<byte> text = stackalloc byte[AccessSettings.MaxKeyLength * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(presented, text)], hash);

        int found = -1;
        for (int i = 0; i < hashes.Length; i++)
        {
            // No early exit: how long it takes does not tell which key was close.
            if (CryptographicOperations.FixedTimeEquals(hash, hashes[i]))
                found = i;
        }

        return found;
    }

    private static List<string> ReadFile(string path)
    {
        const string Key = $"Collect:{nameof(AccessSettings.ApiKeysFile)}";
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException(Key, path, $"the file cannot be read: {e.Message}");
        }

        var keys = new List<string>();
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (!AccessSettings.IsKey(line))
                throw new SettingsException(Key, path, $"line {i + 1} {AccessSettings.KeyRule}");
            keys.Add(line);
        }

        // An empty file would otherwise open the node to everybody, which nobody means who names a file of keys.
        return keys.Count > 0 ? keys : throw new SettingsException(Key, path, "the file holds no key; put one on a line, or leave the setting out");
    }
}
