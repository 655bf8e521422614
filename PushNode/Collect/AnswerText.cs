using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>Writes what producers are answered. Names are ASCII and need no escaping, so the answers are put together from pieces.</summary>
internal static class AnswerText
{
    /// <summary>More than one message's answer can take: two names of 128 and three numbers.</summary>
    public const int LongestMessage = 512;

    // For programs and terminals, not for pages: quotes in a sentence stay readable.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary><c>{"id":"…","seq":42}</c>; returns its length.</summary>
    /// <param name="target">At least <see cref="LongestMessage"/> bytes.</param>
    /// <param name="message">With its outcome.</param>
    public static int WriteMessage(Span<byte> target, Message message)
    {
        int length = Put(target, 0, "{"u8);
        length = PutMessage(target, length, message);
        return Put(target, length, "}"u8);
    }

    /// <summary><c>[{"userId":"…","id":"…","seq":42},…]</c></summary>
    public static void WriteList(IBufferWriter<byte> output, ReadOnlySpan<Message> messages)
    {
        output.Write("["u8);
        for (int i = 0; i < messages.Length; i++)
        {
            Span<byte> target = output.GetSpan(LongestMessage);
            int length = Put(target, 0, i == 0 ? "{\"userId\":\""u8 : ",{\"userId\":\""u8);
            length = Put(target, length, messages[i].Channel.Subject);
            length = Put(target, length, "\","u8);
            length = PutMessage(target, length, messages[i]);
            output.Advance(Put(target, length, "}"u8));
        }

        output.Write("]"u8);
    }

    /// <summary><c>{"status":202,"id":"…","seq":42}</c> and a line feed.</summary>
    public static void WriteMessageLine(IBufferWriter<byte> output, Message message, int status)
    {
        Span<byte> target = output.GetSpan(LongestMessage);
        int length = PutStatus(target, status);
        length = PutMessage(target, length, message);
        output.Advance(Put(target, length, "}\n"u8));
    }

    /// <summary><c>{"status":202,"messages":[…]}</c> and a line feed.</summary>
    public static void WriteListLine(IBufferWriter<byte> output, ReadOnlySpan<Message> messages, int status)
    {
        Span<byte> target = output.GetSpan(LongestMessage);
        int length = PutStatus(target, status);
        output.Advance(Put(target, length, "\"messages\":"u8));
        WriteList(output, messages);
        output.Write("}\n"u8);
    }

    /// <summary><c>{"status":400,"code":"…","detail":"…","line":7}</c> and a line feed; with <c>retryAfter</c> (seconds) where a header would have it.</summary>
    public static void WriteProblemLine(IBufferWriter<byte> output, Problem problem, long line)
    {
        using (var json = new Utf8JsonWriter(output, Readable))
        {
            json.WriteStartObject();
            json.WriteNumber("status", problem.Status);
            json.WriteString("code", problem.Code);
            json.WriteString("detail", problem.Detail);
            json.WriteNumber("line", line);
            if (problem.RetryAfter > 0)
                json.WriteNumber("retryAfter", problem.RetryAfter);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static int PutStatus(Span<byte> target, int status)
    {
        int length = Put(target, 0, "{\"status\":"u8);
        length = Put(target, length, status);
        return Put(target, length, ","u8);
    }

    private static int PutMessage(Span<byte> target, int length, Message message)
    {
        length = Put(target, length, "\"id\":\""u8);
        length = Put(target, length, message.Id);
        length = Put(target, length, "\""u8);
        if (!message.Ephemeral)
        {
            length = Put(target, length, ",\"seq\":"u8);
            length = Put(target, length, message.Seq);
        }

        if (message.Outcome == StoreOutcome.Repeated)
            length = Put(target, length, ",\"repeated\":true"u8);
        if (message.Report is { } report)
        {
            length = Put(target, length, ",\"delivered\":"u8);
            length = Put(target, length, report.Connections);
        }

        return length;
    }

    private static int Put(Span<byte> target, int length, ReadOnlySpan<byte> text)
    {
        text.CopyTo(target[length..]);
        return length + text.Length;
    }

    private static int Put(Span<byte> target, int length, ReadOnlySpan<char> ascii)
    {
        Ascii.FromUtf16(ascii, target[length..], out int written);
        return length + written;
    }

    private static int Put(Span<byte> target, int length, long number)
    {
        Utf8Formatter.TryFormat(number, target[length..], out int written);
        return length + written;
    }
}
