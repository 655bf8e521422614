using System.Buffers.Text;
using System.Text;

namespace PushNode.Bench;

/// <summary>Writes the JSON of messages, their data exactly as long as was asked for.</summary>
internal sealed class MessageWriter
{
    /// <summary>The shortest data that has room for what is measured by.</summary>
    public const int MinSize = 100;

    // Seconds: long enough to be delivered, short enough to be forgotten soon.
    private const int Ttl = 600;
    private const int LongestName = 160;

    private readonly int size;
    private readonly BenchTarget to;
    private readonly byte[] start;
    private readonly byte[] dataStart;

    public MessageWriter(BenchPlan plan)
    {
        size = plan.Size;
        to = plan.To;
        start = Encoding.ASCII.GetBytes(to switch
        {
            BenchTarget.Users => $"{{\"userId\":\"{BenchPlan.UserOf(plan.Run, 0)[..^1]}",
            BenchTarget.Topic => $"{{\"topic\":\"{plan.Topic}\"",
            _ => "{\"broadcast\":true",
        });
        dataStart = Encoding.ASCII.GetBytes($",\"ttl\":{Ttl},\"data\":{{\"run\":\"{plan.Run}\",\"n\":");
    }

    /// <summary>The most that one message takes.</summary>
    public int MaxLength => size + LongestName;

    /// <summary>Writes a message; returns its length.</summary>
    /// <param name="target">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="channel">The user's index; of no meaning for a topic and broadcasts.</param>
    /// <param name="number">Its number in the run, from 1.</param>
    /// <param name="due">When it should be sent, in nanoseconds.</param>
    public int Write(Span<byte> target, int channel, long number, long due)
    {
        int at = Put(target, 0, start);
        if (to == BenchTarget.Users)
        {
            at = Put(target, at, channel);
            at = Put(target, at, "\""u8);
        }

        int data = at + dataStart.AsSpan().IndexOf((byte)'{');
        at = Put(target, at, dataStart);
        at = Put(target, at, number);
        at = Put(target, at, ",\"t\":"u8);
        at = Put(target, at, due);
        at = Put(target, at, ",\"pad\":\""u8);
        int end = data + size - 2;
        target[at..end].Fill((byte)'x');
        return Put(target, end, "\"}}"u8);
    }

    private static int Put(Span<byte> target, int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(target[at..]);
        return at + text.Length;
    }

    private static int Put(Span<byte> target, int at, long number)
    {
        Utf8Formatter.TryFormat(number, target[at..], out int written);
        return at + written;
    }
}
