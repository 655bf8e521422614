using System.Text.Json;

namespace PushNode.Bench;

/// <summary>What the node answered of one message.</summary>
/// <param name="Status">202, or what else stands in a line of a batch; 0 when the text has none.</param>
/// <param name="Seq">The number the message was given; 0 for none.</param>
internal readonly record struct Answer(int Status, long Seq)
{
    /// <summary>Reads <c>{"status":202,"id":"…","seq":42}</c>; false when it is no JSON object.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out Answer answer)
    {
        int status = 0;
        long seq = 0;
        answer = default;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isStatus = reader.ValueTextEquals("status"u8);
                bool isSeq = reader.ValueTextEquals("seq"u8);
                reader.Read();
                if (isStatus && reader.TokenType == JsonTokenType.Number)
                    status = reader.GetInt32();
                else if (isSeq && reader.TokenType == JsonTokenType.Number)
                    seq = reader.GetInt64();
                else
                    reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return false;
        }

        answer = new Answer(status, seq);
        return true;
    }
}
