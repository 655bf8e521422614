using System.Buffers.Text;

namespace PushNode.Bench;

/// <summary>Takes HTTP/1.1 answers out of what a connection receives, their bodies without the chunks they may have come in.</summary>
internal sealed class AnswerReader
{
    private const int MaxLine = 32 * 1024;

    private byte[] input = new byte[4096];
    private byte[] body = new byte[4096];
    private int inputStart;
    private int inputEnd;
    private int bodyStart;
    private int bodyEnd;
    private State state;
    private long left;

    private enum State
    {
        Head,
        Body,
        ChunkSize,
        Chunk,
        ChunkEnd,
        Trailer,
        Done,
    }

    /// <summary>The status of the present answer; 0 before its head has come.</summary>
    public int Status { get; private set; }

    /// <summary>Whether the present answer has come to its end.</summary>
    public bool IsDone => state == State.Done;

    /// <summary>What has come of the body and was not taken by <see cref="Consume"/>.</summary>
    public ReadOnlySpan<byte> Body => body.AsSpan(bodyStart, bodyEnd - bodyStart);

    /// <summary>Where to receive to. <see cref="Advance(int)"/> says how much has come.</summary>
    public Span<byte> Room()
    {
        MakeRoom(ref input, ref inputStart, ref inputEnd, input.Length / 2);
        return input.AsSpan(inputEnd);
    }

    /// <summary>So many bytes have been received; false when they are no HTTP answer.</summary>
    public bool Advance(int count)
    {
        inputEnd += count;
        return Read();
    }

    /// <summary>Takes what was received elsewhere; false as above.</summary>
    public bool Advance(ReadOnlySpan<byte> bytes)
    {
        MakeRoom(ref input, ref inputStart, ref inputEnd, bytes.Length);
        bytes.CopyTo(input.AsSpan(inputEnd));
        return Advance(bytes.Length);
    }

    /// <summary>Takes bytes from the start of the body.</summary>
    public void Consume(int count)
    {
        bodyStart += count;
        if (bodyStart == bodyEnd)
            bodyStart = bodyEnd = 0;
    }

    /// <summary>Goes on to the next answer; false as for <see cref="Advance(int)"/>.</summary>
    public bool Next()
    {
        Status = 0;
        bodyStart = bodyEnd = 0;
        state = State.Head;
        return Read();
    }

    private bool Read()
    {
        while (state != State.Done)
        {
            ReadOnlySpan<byte> rest = input.AsSpan(inputStart, inputEnd - inputStart);
            int used = state switch
            {
                State.Head => ReadHead(rest),
                State.Body or State.Chunk => ReadBody(rest),
                _ => ReadLine(rest),
            };
            if (used < 0)
                return false;
            if (used == 0)
                return true;
            inputStart += used;
        }

        return true;
    }

    // What these return: how many bytes they took, 0 when more must come, -1 when it is no answer.
    private int ReadHead(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return bytes.Length > MaxLine ? -1 : 0;
        if (!AnswerHead.TryRead(bytes[..(end + 4)], out AnswerHead head))
            return -1;
        Status = head.Status;
        left = head.BodyLength;
        state = left switch { < 0 => State.ChunkSize, 0 => State.Done, _ => State.Body };
        return end + 4;
    }

    private int ReadBody(ReadOnlySpan<byte> bytes)
    {
        int count = (int)Math.Min(left, bytes.Length);
        MakeRoom(ref body, ref bodyStart, ref bodyEnd, count);
        bytes[..count].CopyTo(body.AsSpan(bodyEnd));
        bodyEnd += count;
        left -= count;
        if (left == 0)
            state = state == State.Body ? State.Done : State.ChunkEnd;
        return count;
    }

    private int ReadLine(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf("\r\n"u8);
        if (end < 0)
            return bytes.Length > MaxLine ? -1 : 0;
        switch (state)
        {
            case State.ChunkSize:
                if (!Utf8Parser.TryParse(bytes[..end], out left, out _, 'x') || left < 0)
                    return -1;
                state = left == 0 ? State.Trailer : State.Chunk;
                break;
            case State.ChunkEnd:
                state = State.ChunkSize;
                break;
            case State.Trailer when end == 0:
                state = State.Done;
                break;
        }

        return end + 2;
    }

    private static void MakeRoom(ref byte[] buffer, ref int start, ref int end, int count)
    {
        if (buffer.Length - end >= count && end < buffer.Length)
            return;
        int length = end - start;
        byte[] target = length + count <= buffer.Length ? buffer : new byte[Math.Max(buffer.Length * 2, length + count)];
        Buffer.BlockCopy(buffer, start, target, 0, length);
        (buffer, start, end) = (target, 0, length);
    }
}
