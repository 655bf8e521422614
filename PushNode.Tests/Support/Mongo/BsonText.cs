using System.Globalization;
using System.Text;

namespace PushNode.Tests.Support.Mongo;

/// <summary>BSON values as text to read and to assert on, much as MongoDB's shell shows them: <c>{ c: "user:alice", s: { $gt: 4 } }</c>.</summary>
internal static class BsonText
{
    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Append(text, value);
        return text.ToString();
    }

    private static void Append(StringBuilder text, object? value)
    {
        switch (value)
        {
            case BsonDocument document:
                Join(text, '{', '}', document, static (t, field) => Append(t.Append(field.Key).Append(": "), field.Value));
                break;
            case BsonArray array:
                Join(text, '[', ']', array, Append);
                break;
            default:
                text.Append(Scalar(value));
                break;
        }
    }

    private static void Join<T>(StringBuilder text, char open, char close, IEnumerable<T> items, Action<StringBuilder, T> append)
    {
        text.Append(open);
        string separator = " ";
        foreach (T item in items)
        {
            append(text.Append(separator), item);
            separator = ", ";
        }

        text.Append(' ').Append(close);
    }

    private static string Scalar(object? value) => value switch
    {
        null => "null",
        string s => $"\"{s}\"",
        bool b => b ? "true" : "false",
        BsonBinary b => $"BinData({b.Subtype}, {Convert.ToHexStringLower(b.Bytes)})",
        BsonObjectId o => $"ObjectId('{o.Hex}')",
        BsonDate d => $"Date({d.Milliseconds})",
        BsonTimestamp t => $"Timestamp({t.Value >> 32}, {t.Value & uint.MaxValue})",
        BsonKey k => $"{k}Key",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
