using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PushNode.Messages;

/// <summary>What the store made of a message.</summary>
internal enum StoreOutcome
{
    /// <summary>Not stored yet, or ephemeral.</summary>
    None,

    /// <summary>Numbered and durable: it is promised.</summary>
    Stored,

    /// <summary>Its id was stored before; <see cref="Message.Seq"/> is the first one's. Nothing is sent.</summary>
    Repeated,

    /// <summary>The store did not confirm it; it is not promised, though it may turn out to be stored.</summary>
    Failed,
}

/// <summary>
/// One message of one channel. Its data bytes are copied once, into the buffer that also becomes the client's frame: the header is
/// put in front of them when the seq is known, and from then on every hop and every receiver uses the same bytes.
/// </summary>
internal sealed class Message
{
    /// <summary>No seq reaches this: clients are written in languages whose numbers are whole up to here.</summary>
    public const long SeqEnd = 1L << 53;

    /// <summary>The WebSocket opcode of a text frame (RFC 6455 section 11.8).</summary>
    private const byte TextFrame = 1;

    private const int SeqDigits = 16;

    /// <summary>Up to the end of the time, in bytes.</summary>
    private const int LongestHeader = 512;

    private readonly byte[] buffer;
    private readonly int dataStart;
    private int jsonStart = -1;
    private int frameStart = -1;

    /// <param name="channel">Where it goes.</param>
    /// <param name="id">Its id, checked with <see cref="Names.IsId"/>.</param>
    /// <param name="time">When it was accepted, in Unix milliseconds.</param>
    /// <param name="expires">From when on it is not delivered any more, in Unix milliseconds.</param>
    /// <param name="label">The event label, checked with <see cref="Names.IsWord"/>, or null.</param>
    /// <param name="data">Exactly one JSON value; copied.</param>
    public Message(Channel channel, string id, long time, long expires, string? label, ReadOnlySpan<byte> data)
    {
        Channel = channel;
        Id = id;
        Time = time;
        Expires = expires;
        Label = label;
        dataStart = WebSocketHeader.MaxLength
            + """{"type":"message","id":"","channel":"","seq":,"time":"","event":"","data":""".Length
            + id.Length + channel.Name.Length + SeqDigits + Timestamp.Length + (label?.Length ?? 0);
        buffer = GC.AllocateUninitializedArray<byte>(dataStart + data.Length + 1);
        data.CopyTo(buffer.AsSpan(dataStart));
        buffer[^1] = (byte)'}';
    }

    private Message(Channel channel, long seq, byte[] frame, int header)
    {
        Channel = channel;
        Id = "";
        Seq = seq;
        Ephemeral = seq == 0;
        Outcome = seq == 0 ? StoreOutcome.None : StoreOutcome.Stored;
        buffer = frame;
        dataStart = frame.Length;
        frameStart = 0;
        jsonStart = header;
    }

    private static ReadOnlySpan<byte> TimeField => "\"time\":\""u8;

    public Channel Channel { get; }

    /// <summary>Empty, like the data and the times, for one that came from another node: it is only delivered there.</summary>
    public string Id { get; }

    /// <summary>Whether the producer gave the id, so that repeats of it must be recognised.</summary>
    public bool HasProducerId { get; init; }

    /// <summary>Delivered to who is connected now, never stored, without a seq.</summary>
    public bool Ephemeral { get; init; }

    /// <summary>When it was accepted, in Unix milliseconds.</summary>
    public long Time { get; }

    /// <summary>The moment it was accepted, as a timestamp of this process's clock; 0 when another node, or an earlier run, has accepted it.</summary>
    public long Accepted { get; init; }

    /// <summary>From when on it is not delivered any more, in Unix milliseconds.</summary>
    public long Expires { get; }

    /// <summary>The label a client can switch on ("event" on the wire).</summary>
    public string? Label { get; }

    /// <summary>Its number in the channel, from 1; 0 while it has none.</summary>
    public long Seq { get; private set; }

    public StoreOutcome Outcome { get; private set; }

    /// <summary>Who wants to know how many connections it was written to; null when nobody does.</summary>
    public DeliveryReport? Report { get; init; }

    /// <summary>The producer's JSON value, byte for byte.</summary>
    public ReadOnlyMemory<byte> Data => dataStart < buffer.Length ? buffer.AsMemory(dataStart, buffer.Length - dataStart - 1) : default;

    /// <summary>The client's JSON text. Only after <see cref="Accept"/> or <see cref="Build"/>.</summary>
    public ReadOnlyMemory<byte> Json
    {
        get
        {
            Debug.Assert(jsonStart >= 0, "the frame is built when the seq is known");
            return buffer.AsMemory(jsonStart);
        }
    }

    /// <summary>The client's JSON text with its WebSocket header, ready to be written.</summary>
    public ReadOnlyMemory<byte> Frame
    {
        get
        {
            Debug.Assert(frameStart >= 0, "the frame is built when the seq is known");
            return buffer.AsMemory(frameStart);
        }
    }

    /// <summary>Reads a position in a channel: a whole number from 0 and below <see cref="SeqEnd"/>.</summary>
    public static bool TryParseSeq(ReadOnlySpan<char> text, out long seq) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seq) && seq < SeqEnd;

    /// <summary>Whether the bytes are one whole frame as <see cref="Frame"/> gives it.</summary>
    public static bool IsFrame(ReadOnlySpan<byte> bytes) => WebSocketHeader.Read(bytes) > 0;

    /// <summary>A message as another node built it, to be delivered.</summary>
    /// <param name="channel">Where it goes.</param>
    /// <param name="seq">Its number; 0 for an ephemeral one.</param>
    /// <param name="frame">Its <see cref="Frame"/>, checked with <see cref="IsFrame"/>; copied.</param>
    /// <param name="report">Who wants to know how many connections it was written to; null when nobody does.</param>
    public static Message FromFrame(Channel channel, long seq, ReadOnlySpan<byte> frame, DeliveryReport? report = null) =>
        new(channel, seq, frame.ToArray(), WebSocketHeader.Read(frame)) { Report = report };

    /// <summary>When it was accepted, in Unix milliseconds, from its frame where nothing else is known of it. Only after <see cref="Accept"/> or <see cref="Build"/>.</summary>
    public bool TryFindTime(out long unixMilliseconds)
    {
        unixMilliseconds = Time;
        if (Time != 0)
            return true;
        ReadOnlySpan<byte> header = Json.Span;
        // Nothing in front of it can look like this: names have no quotes.
        int label = header[..Math.Min(header.Length, LongestHeader)].IndexOf(TimeField);
        return label >= 0 && Timestamp.TryRead(header[(label + TimeField.Length)..], out unixMilliseconds);
    }

    /// <summary>The store has given it a number and holds it durably.</summary>
    public void Accept(long seq)
    {
        Seq = seq;
        Outcome = StoreOutcome.Stored;
        Build();
    }

    /// <summary>The id was stored before, under this seq.</summary>
    public void Repeat(long firstSeq)
    {
        Seq = firstSeq;
        Outcome = StoreOutcome.Repeated;
    }

    /// <summary>The store did not confirm it.</summary>
    public void Fail() => Outcome = StoreOutcome.Failed;

    /// <summary>Writes the header in front of the data, with the seq if there is one.</summary>
    public void Build()
    {
        var header = new HeaderWriter(stackalloc byte[dataStart]);
        header.Put("{\"type\":\"message\",\"id\":\""u8);
        header.Put(Id);
        header.Put("\",\"channel\":\""u8);
        header.Put(Channel.Name);
        if (Seq > 0)
        {
            header.Put("\",\"seq\":"u8);
            header.Put(Seq);
            header.Put(",\"time\":\""u8);
        }
        else
        {
            header.Put("\",\"time\":\""u8);
        }

        header.PutTime(Time);
        if (Label is not null)
        {
            header.Put("\",\"event\":\""u8);
            header.Put(Label);
        }

        header.Put("\",\"data\":"u8);

        int json = dataStart - header.Written.Length;
        header.Written.CopyTo(buffer.AsSpan(json));
        int payload = buffer.Length - json;
        int frame = json - WebSocketHeader.LengthFor(payload);
        WebSocketHeader.Write(buffer.AsSpan(frame), TextFrame, payload);
        jsonStart = json;
        frameStart = frame;
    }

    private ref struct HeaderWriter(Span<byte> target)
    {
        private readonly Span<byte> target = target;
        private int length;

        public readonly ReadOnlySpan<byte> Written => target[..length];

        public void Put(ReadOnlySpan<byte> text)
        {
            text.CopyTo(target[length..]);
            length += text.Length;
        }

        public void Put(string ascii)
        {
            Ascii.FromUtf16(ascii, target[length..], out int written);
            length += written;
        }

        public void Put(long number)
        {
            Utf8Formatter.TryFormat(number, target[length..], out int written);
            length += written;
        }

        public void PutTime(long unixMilliseconds) => length += Timestamp.Write(target[length..], unixMilliseconds);
    }
}
