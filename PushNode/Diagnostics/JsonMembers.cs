using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Unicode;

namespace PushNode.Diagnostics;

/// <summary>
/// Walks the members of one JSON object that somebody else wrote. Strict where parsers differ and attackers like it: valid UTF-8, every name once
/// (escapes resolved), nothing after the object. Bad input ends the walk with <see cref="Error"/>; nothing is thrown to the caller.
/// </summary>
internal ref struct JsonMembers
{
    /// <summary>An object with more members is refused.</summary>
    public const int MaxMembers = 64;

    private readonly ReadOnlySpan<byte> json;
    private Utf8JsonReader reader;
    private SeenNames seen;
    private int seenCount;
    private List<byte[]>? seenEscaped;

    public JsonMembers(ReadOnlySpan<byte> json)
    {
        this.json = json;
        reader = new Utf8JsonReader(json);
        if (!Utf8.IsValid(json))
            Error = "it is not valid UTF-8";
    }

    /// <summary>The name of the current member, unescaped.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>What the value of the current member starts with.</summary>
    public readonly JsonTokenType Type => reader.TokenType;

    /// <summary>Whether what was wrong is a name that is there twice.</summary>
    public bool HasDuplicate { get; private set; }

    /// <summary>What was wrong, without a piece of the input; null while all is well.</summary>
    public string? Error { get; private set; }

    /// <summary>Moves to the next member; false at the end of the object, or with <see cref="Error"/>.</summary>
    public bool Read()
    {
        if (Error is not null)
            return false;
        try
        {
            return ReadMember();
        }
        catch (JsonException e)
        {
            Error = Malformed(e);
        }
        catch (InvalidOperationException)
        {
            Error = $"it has half a surrogate pair in a name before byte {reader.BytesConsumed}";
        }

        return false;
    }

    /// <summary>The value as a string; false when it is none.</summary>
    public bool TryGetString([NotNullWhen(true)] out string? value)
    {
        value = null;
        if (reader.TokenType != JsonTokenType.String)
            return false;
        try
        {
            value = reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, written as an escape: no text.
            return false;
        }

        return value is not null;
    }

    /// <summary>The value as a number; false when it is none.</summary>
    public readonly bool TryGetNumber(out double value)
    {
        value = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out value);
    }

    /// <summary>The value as a whole number; false when it is none.</summary>
    public readonly bool TryGetInteger(out long value)
    {
        value = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out value);
    }

    /// <summary>Whether the value is this string.</summary>
    public readonly bool Is(ReadOnlySpan<byte> text) => reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(text);

    /// <summary>The value as an array of strings; false when it is none. The walk goes on behind it.</summary>
    public bool TryGetStrings([NotNullWhen(true)] out List<string>? values)
    {
        values = null;
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;
        var found = new List<string>();
        try
        {
            while (reader.Read() && TryGetString(out string? text))
                found.Add(text);
        }
        catch (JsonException e)
        {
            Error = Malformed(e);
            return false;
        }

        values = reader.TokenType == JsonTokenType.EndArray ? found : null;
        return values is not null;
    }

    // The exception's own message quotes the input, which may be a token.
    private static string Malformed(JsonException e) => $"it is malformed JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}";

    private bool ReadMember()
    {
        if (reader.TokenType == JsonTokenType.None)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                Error = "it is not a JSON object";
                return false;
            }
        }
        else
        {
            reader.Skip();
        }

        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            // Throws where something follows the object.
            reader.Read();
            return false;
        }

        if (!TryRemember())
            return false;
        reader.Read();
        return true;
    }

    private bool TryRemember()
    {
        int start = (int)reader.TokenStartIndex + 1;
        int end = start + reader.ValueSpan.Length;
        for (int i = 0; i < seenCount; i++)
        {
            if (reader.ValueTextEquals(json[seen[i]]))
                return Duplicate();
        }

        foreach (byte[] name in seenEscaped ?? [])
        {
            if (reader.ValueTextEquals(name))
                return Duplicate();
        }

        if (seenCount + (seenEscaped?.Count ?? 0) == MaxMembers)
        {
            Error = $"it has more than {MaxMembers} members";
            return false;
        }

        if (reader.ValueIsEscaped)
        {
            var name = new byte[reader.ValueSpan.Length];
            Array.Resize(ref name, reader.CopyString(name));
            (seenEscaped ??= []).Add(name);
            Name = name;
        }
        else
        {
            seen[seenCount++] = start..end;
            Name = json[start..end];
        }

        return true;
    }

    private bool Duplicate()
    {
        HasDuplicate = true;
        Error = $"it has '{Quoted.Text(reader.GetString()!)}' twice";
        return false;
    }

    [InlineArray(MaxMembers)]
    private struct SeenNames
    {
        private Range first;
    }
}
