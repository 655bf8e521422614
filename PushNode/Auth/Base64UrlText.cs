using System.Buffers;
using System.Buffers.Text;

namespace PushNode.Auth;

/// <summary>
/// Base64url as RFC 7515 has it, and only that: no padding, no white space, and no second spelling of the same bytes (unused bits are zero),
/// so that nobody can change a token without breaking it.
/// </summary>
internal static class Base64UrlText
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly SearchValues<byte> Characters = SearchValues.Create(System.Text.Encoding.ASCII.GetBytes(Alphabet));

    /// <summary>Decodes into <paramref name="target"/>, which holds at least 3/4 of the text's length; false when the text is not canonical.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> target, out int written)
    {
        written = 0;
        if (text.ContainsAnyExcept(Characters) || !HasCanonicalEnd(text))
            return false;
        return Base64Url.DecodeFromUtf8(text, target, out int consumed, out written) == OperationStatus.Done && consumed == text.Length;
    }

    /// <summary>The bytes; null when the text is not canonical.</summary>
    public static byte[]? Decode(string text)
    {
        // Whatever is not ASCII becomes a question mark, which is not in the alphabet.
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(text);
        var target = new byte[bytes.Length];
        return TryDecode(bytes, target, out int written) ? target[..written] : null;
    }

    private static bool HasCanonicalEnd(ReadOnlySpan<byte> text)
    {
        int unusedBits = (text.Length % 4) switch { 0 => 0, 2 => 4, 3 => 2, _ => -1 };
        return unusedBits == 0 || (unusedBits > 0 && (Alphabet.IndexOf((char)text[^1], StringComparison.Ordinal) & ((1 << unusedBits) - 1)) == 0);
    }
}
