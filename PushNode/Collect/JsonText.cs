using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using PushNode.Diagnostics;

namespace PushNode.Collect;

/// <summary>What is wrong with a text before or besides its meaning, and where.</summary>
internal static class JsonText
{
    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r\n"u8);

    /// <summary>Whether there is nothing but white space.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> text) => !text.ContainsAnyExcept(WhiteSpace);

    /// <summary>A refusal for a text that no JSON parser should see: empty, marked with a BOM, or not UTF-8 (which the parser would let through in strings).</summary>
    public static Problem? CheckBytes(ReadOnlySpan<byte> text)
    {
        if (IsBlank(text))
            return Refusals.Empty;
        if (text.StartsWith("\uFEFF"u8))
            return Refusals.ByteOrderMark;
        return Utf8.IsValid(text) ? null : Refusals.NotUtf8(FindInvalid(text));
    }

    /// <summary>The parser's own words, and the place counted from 1.</summary>
    public static Problem Explain(JsonException error)
    {
        int suffix = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        string reason = suffix < 0 ? error.Message : error.Message[..suffix];
        return Refusals.Malformed($"malformed JSON at {Refusals.Place(error.LineNumber ?? 0, error.BytePositionInLine ?? 0)}: {reason}");
    }

    /// <summary>The kind of value, with its article, for a sentence.</summary>
    public static string Describe(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        _ => "null",
    };

    private static int FindInvalid(ReadOnlySpan<byte> text)
    {
        int offset = 0;
        while (Rune.DecodeFromUtf8(text[offset..], out _, out int consumed) == OperationStatus.Done)
            offset += consumed;
        return offset;
    }
}
