using System.Buffers.Text;
using System.Text;

namespace PushNode.Bench;

/// <summary>The head of an HTTP/1.1 answer, as far as it says where the body ends.</summary>
/// <param name="Status">The status code.</param>
/// <param name="BodyLength">The length of the body in bytes; -1 when it comes in chunks.</param>
internal readonly record struct AnswerHead(int Status, long BodyLength)
{
    /// <summary>Reads a whole head, its empty line included; false when it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> head, out AnswerHead answer)
    {
        answer = default;
        if (!head.StartsWith("HTTP/1."u8) || head.Length < 12 || !Utf8Parser.TryParse(head.Slice(9, 3), out int status, out int digits) || digits != 3)
            return false;
        long length = 0;
        for (ReadOnlySpan<byte> rest = head; !rest.IsEmpty;)
        {
            int end = rest.IndexOf("\r\n"u8);
            ReadOnlySpan<byte> line = rest[..end];
            rest = rest[(end + 2)..];
            int colon = line.IndexOf((byte)':');
            if (colon < 0)
                continue;
            ReadOnlySpan<byte> value = line[(colon + 1)..].Trim((byte)' ');
            if (Ascii.EqualsIgnoreCase(line[..colon], "content-length"u8) && !Utf8Parser.TryParse(value, out length, out _))
                return false;
            if (Ascii.EqualsIgnoreCase(line[..colon], "transfer-encoding"u8) && Ascii.EqualsIgnoreCase(value, "chunked"u8))
                length = -1;
        }

        answer = new AnswerHead(status, length);
        return true;
    }
}
