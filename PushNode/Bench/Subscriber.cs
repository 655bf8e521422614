using System.Buffers;
using System.Net.Sockets;
using System.Text;

namespace PushNode.Bench;

/// <summary>One WebSocket connection: connects, checks and counts what comes, answers pings. While nothing is half received it holds no buffer.</summary>
internal sealed class Subscriber(int index, Audience audience) : IReady
{
    private Socket? socket;
    private byte[]? partial;
    private int partialLength;
    private bool isUpgrading;

    public int Index => index;

    public SubscriberState State { get; private set; }

    /// <summary>When it began to connect, in nanoseconds.</summary>
    public long Started { get; private set; }

    public SequenceCheck Check { get; } = new();

    /// <summary>Begins to connect.</summary>
    public void Connect(long now)
    {
        Started = now;
        State = SubscriberState.Connecting;
        try
        {
            socket = audience.OpenSocket(index);
            audience.Poller.Watch(socket, this, forWriting: true);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            End($"a connection cannot be opened: {e.Message}");
        }
    }

    public void OnReady()
    {
        if (State == SubscriberState.Connecting)
            Upgrade();
        else
            Receive();
    }

    /// <summary>It is there: what was sent before has come.</summary>
    public void Join(long seq)
    {
        Check.Start(seq);
        State = SubscriberState.Ready;
    }

    /// <summary>Ends the connection for a reason, or at the end of the run for none.</summary>
    public void End(string? reason)
    {
        if (State == SubscriberState.Ended)
            return;
        SubscriberState before = State;
        State = SubscriberState.Ended;
        if (socket is not null)
        {
            audience.Poller.Forget(socket);
            socket.Dispose();
        }

        Keep(default);
        if (reason is not null)
            audience.OnEnded(before, reason);
    }

    private void Upgrade()
    {
        var error = (SocketError)(int)socket!.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        if (error != SocketError.Success)
        {
            End($"a connection cannot be made: {new SocketException((int)error).Message}");
            return;
        }

        if (!Send(audience.Plan.HandshakeOf(index)))
            return;
        State = SubscriberState.Joining;
        isUpgrading = true;
        audience.Poller.Watch(socket!, this, forWriting: false);
    }

    private void Receive()
    {
        Span<byte> buffer = audience.Room(partialLength);
        partial.AsSpan(0, partialLength).CopyTo(buffer);
        int count = socket!.Receive(buffer[partialLength..], SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
            return;
        if (error != SocketError.Success || count == 0)
        {
            End($"the node ended a connection{(error == SocketError.Success ? "" : $": {new SocketException((int)error).Message}")}");
            return;
        }

        Span<byte> bytes = buffer[..(partialLength + count)];
        int used = Read(bytes);
        if (State != SubscriberState.Ended)
            Keep(bytes[used..]);
    }

    private int Read(ReadOnlySpan<byte> bytes)
    {
        int used = 0;
        if (isUpgrading)
        {
            used = Handshake.Read(bytes, out string? refusal);
            if (refusal is not null)
                End($"the node refused a connection with {refusal}");
            if (used <= 0)
                return 0;
            isUpgrading = false;
        }

        long before = Check.Last;
        long now = audience.Clock.Now;
        while (State != SubscriberState.Ended)
        {
            int length = FrameReader.Read(bytes[used..], out int opcode, out ReadOnlySpan<byte> payload);
            if (length < 0)
                End("the node sent something that is no frame of its protocol");
            if (length <= 0)
                break;
            used += length;
            Take(opcode, payload, now);
        }

        if (audience.Plan.Acknowledges && Check.Last > before && State == SubscriberState.Ready)
            Acknowledge();
        return used;
    }

    private void Take(int opcode, ReadOnlySpan<byte> payload, long now)
    {
        switch (opcode)
        {
            case FrameReader.Text:
                audience.Take(this, payload, now);
                break;
            case FrameReader.Ping:
                Span<byte> pong = stackalloc byte[ClientFrames.MaxLength];
                Send(pong[..ClientFrames.Write(pong, FrameReader.Pong, payload, audience.NextMask())]);
                break;
            case FrameReader.Close:
                int code = payload.Length < 2 ? 1005 : (payload[0] << 8) | payload[1];
                string reason = payload.Length <= 2 ? "" : Encoding.UTF8.GetString(payload[2..]);
                End($"the node closed a connection with {(code >= 4400 ? Refusals.Explain(code - 4000, reason) : $"{code} ({reason})")}");
                break;
        }
    }

    private void Acknowledge()
    {
        Span<byte> ack = stackalloc byte[ClientFrames.MaxLength];
        Send(ack[..ClientFrames.WriteAck(ack, audience.AcknowledgedChannel, Check.Last, audience.NextMask())]);
    }

    // A few hundred bytes at most find room in the socket unless the node does not read; then they are not worth waiting for, but half a frame ends it.
    private bool Send(ReadOnlySpan<byte> bytes)
    {
        int sent = socket!.Send(bytes, SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock || (error == SocketError.Success && sent == bytes.Length))
            return true;
        End(error == SocketError.Success ? "the node does not read what a connection sends" : $"a connection broke: {new SocketException((int)error).Message}");
        return false;
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        byte[]? old = partial;
        partial = rest.IsEmpty ? null : old?.Length >= rest.Length ? old : ArrayPool<byte>.Shared.Rent(rest.Length);
        rest.CopyTo(partial);
        partialLength = rest.Length;
        if (old is not null && old != partial)
            ArrayPool<byte>.Shared.Return(old);
    }
}
