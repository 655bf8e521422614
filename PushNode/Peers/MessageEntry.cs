using PushNode.Messages;

namespace PushNode.Peers;

/// <summary>A message between nodes: flags, seq, channel, and the client's frame, which every hop forwards as it is.</summary>
internal static class MessageEntry
{
    private const byte Ephemeral = 1;
    private const byte Reported = 2;
    private const byte Known = Ephemeral | Reported;

    /// <summary>How many bytes <see cref="Write"/> writes for it.</summary>
    public static int SizeOf(Message message) =>
        sizeof(byte) + sizeof(long) + sizeof(ushort) + message.Channel.Name.Length + sizeof(int) + message.Frame.Length;

    /// <summary>Writes a message whose frame is built.</summary>
    public static void Write(PeerWriter body, Message message)
    {
        body.Byte((byte)((message.Ephemeral ? Ephemeral : 0) | (message.Report is not null ? Reported : 0)));
        body.Long(message.Seq);
        body.Text(message.Channel.Name);
        body.Bytes(message.Frame.Span);
    }

    /// <summary>Reads one. A message that somebody wants to hear of has a <see cref="Message.Report"/> of its own, for one message.</summary>
    /// <exception cref="MalformedPeerBodyException">It is none.</exception>
    public static Message Read(ref PeerReader body)
    {
        byte flags = body.Byte();
        long seq = body.Long();
        string name = body.Text();
        ReadOnlySpan<byte> frame = body.Bytes();
        bool ephemeral = (flags & Ephemeral) != 0;
        if ((flags & ~Known) != 0 || seq < 0 || ephemeral != (seq == 0) || !Channel.TryParse(name, out Channel channel) || !Message.IsFrame(frame))
            throw new MalformedPeerBodyException(0, "an entry is no message");
        return Message.FromFrame(channel, seq, frame, (flags & Reported) != 0 ? new DeliveryReport(1) : null);
    }
}
