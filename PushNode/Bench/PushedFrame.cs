using System.Text.Json;

namespace PushNode.Bench;

/// <summary>A frame of the node's, as far as a measurement reads it. It points into the bytes it was read from.</summary>
internal ref struct PushedFrame
{
    /// <summary>The value of <c>type</c>.</summary>
    public ReadOnlySpan<byte> Type { get; private set; }

    public ReadOnlySpan<byte> Channel { get; private set; }

    /// <summary>0 when it has none.</summary>
    public long Seq { get; private set; }

    /// <summary>The number of the message within its run; 0 when it is none of a measurement.</summary>
    public long Number { get; private set; }

    /// <summary>When the message was due, by the clock of its run.</summary>
    public long Due { get; private set; }

    /// <summary>Of which run the message is.</summary>
    public ReadOnlySpan<byte> Run { get; private set; }

    /// <summary>The reason in an <c>error</c>.</summary>
    public ReadOnlySpan<byte> Text { get; private set; }

    /// <summary>False when the bytes are no JSON object.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out PushedFrame frame)
    {
        frame = default;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            bool isData = false;
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                    continue;
                ReadOnlySpan<byte> name = reader.ValueSpan;
                int depth = reader.CurrentDepth;
                reader.Read();
                ReadOnlySpan<byte> text = reader.ValueSpan;
                long number = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value) ? value : 0;
                if (depth == 1)
                {
                    isData = name.SequenceEqual("data"u8);
                    frame.SetField(name, text, number);
                }
                else if (depth == 2 && isData)
                {
                    frame.SetDatum(name, text, number);
                }
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void SetField(scoped ReadOnlySpan<byte> name, ReadOnlySpan<byte> text, long number)
    {
        if (name.SequenceEqual("seq"u8))
            Seq = number;
        else if (name.SequenceEqual("channel"u8))
            Channel = text;
        else if (name.SequenceEqual("type"u8))
            Type = text;
        else if (name.SequenceEqual("message"u8))
            Text = text;
    }

    private void SetDatum(scoped ReadOnlySpan<byte> name, ReadOnlySpan<byte> text, long number)
    {
        if (name.SequenceEqual("n"u8))
            Number = number;
        else if (name.SequenceEqual("t"u8))
            Due = number;
        else if (name.SequenceEqual("run"u8))
            Run = text;
    }
}
