using System.Buffers;
using System.Text.Unicode;

namespace PushNode.Push;

/// <summary>
/// Puts a client's frames together to whole text messages, and keeps the rules of RFC 6455 on the way. It rents a buffer while a message is being
/// put together or handled, and none in between.
/// </summary>
internal sealed class MessageReader(int maxMessageBytes)
{
    private byte[]? rented;
    private int length;
    private bool fragmented;

    /// <summary>Whether a message has been begun and not ended.</summary>
    public bool IsInsideMessage => fragmented;

    /// <summary>The text of the message that <see cref="Take"/> has just completed; valid until <see cref="Release"/>.</summary>
    public ReadOnlySpan<byte> Text => rented.AsSpan(0, length);

    /// <summary>Takes a data frame. Returns the code to close with when it breaks a rule, else null.</summary>
    /// <param name="frame">A frame with the opcode text, binary or continuation.</param>
    /// <param name="complete">Whether <see cref="Text"/> is now a whole message.</param>
    public (CloseCode Code, string Reason)? Take(in ClientFrame frame, out bool complete)
    {
        complete = false;
        if (frame.Opcode == Opcode.Binary)
            return (CloseCode.UnsupportedData, "binary frames are not used here: the protocol is JSON text");
        if (frame.Opcode == Opcode.Continuation != fragmented)
            return (CloseCode.ProtocolError, fragmented ? "a new message began inside another" : "a continuation without a beginning");
        if (length + frame.Length > maxMessageBytes)
            return (CloseCode.TooLarge, $"a message may have at most {maxMessageBytes} bytes");

        Append(frame);
        fragmented = !frame.Final;
        if (fragmented)
            return null;
        complete = true;
        return Utf8.IsValid(Text) ? null : (CloseCode.InvalidData, "a text message is not valid UTF-8");
    }

    /// <summary>Gives the buffer back.</summary>
    public void Release()
    {
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        rented = null;
        length = 0;
        fragmented = false;
    }

    private void Append(in ClientFrame frame)
    {
        if (rented is null || rented.Length < length + frame.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(length + frame.Length);
            if (rented is not null)
            {
                rented.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(rented);
            }

            rented = larger;
        }

        frame.CopyTo(rented.AsSpan(length));
        length += frame.Length;
    }
}
