using System.Buffers;
using PushNode.Auth;
using PushNode.Transport;

namespace PushNode.Push;

/// <summary>A WebSocket right on its socket: an idle one has no buffer, no task and no timer. A frame that is not all there is kept, in a rented buffer, until it is.</summary>
internal sealed class SocketWebSocket : WebSocketConnection, ISocketUser
{
    private readonly ClientSocket socket;
    private readonly SocketEndpoint endpoint;
    private byte[]? begun;
    private int begunLength;
    private CancellationTokenSource? gone;
    private bool hasLeft;
    private bool wasHeldUp;

    public SocketWebSocket(ConnectionServices services, Identity identity, ConnectRequest request, ClientSocket socket, CommandHandler commands, SocketEndpoint endpoint)
        : base(services, identity, request, socket, commands)
    {
        this.socket = socket;
        this.endpoint = endpoint;
    }

    /// <summary>The client's address, as far as connections are counted by it; null when they are not.</summary>
    public string? Address { get; init; }

    /// <inheritdoc/>
    public override CancellationToken ClientGone
    {
        get
        {
            lock (this)
            {
                if (hasLeft)
                    return new CancellationToken(canceled: true);
                return (gone ??= new CancellationTokenSource()).Token;
            }
        }
    }

    public override void Abort()
    {
        End();
        socket.Abort();
    }

    public override void EndJoin()
    {
        base.EndJoin();
        if (!socket.TryClaim())
            return;
        // Nobody reads, so nobody begins a command.
        ReleaseGone();
        socket.Release();
    }

    bool ISocketUser.OnReadable(ClientSocket socket)
    {
        bool armed = false;
        try
        {
            armed = ReadAll();
            if (armed && gone is not null)
                ReleaseGone();
        }
        catch (Exception e)
        {
            PushLog.Failed(Logger, $"Reading {UserId}", e);
            Abort();
            _ = EndAsync();
        }

        return armed;
    }

    void ISocketUser.OnHungUp() => Leave();

    private void Leave()
    {
        CancellationTokenSource? leaving;
        lock (this)
        {
            hasLeft = true;
            (leaving, gone) = (gone, null);
        }

        // What waits for it goes on elsewhere: this may be the thread that serves all sockets.
        if (leaving is not null)
            _ = leaving.CancelAsync();
    }

    // Whether everything is read, and the client may send more. If not, it has left, or what it has sent waits for its last command.
    private bool ReadAll()
    {
        if (wasHeldUp)
        {
            wasHeldUp = false;
            GoOn();
            if (begun is not null && !TryHandle(begun, begunLength))
                return false;
        }

        while (true)
        {
            byte[] buffer = begun ?? Scratch.Bytes;
            Span<byte> room = buffer.AsSpan(begunLength);
            int received = socket.Receive(room);
            if (received < 0)
                return true;
            if (received == 0)
            {
                _ = EndAsync();
                return false;
            }

            // Less than there was room for is all there was; the end of the stream may stand right behind it.
            bool isAll = received < room.Length && !socket.IsHungUp;
            if (!TryHandle(buffer, begunLength + received))
                return false;
            if (isAll)
                return true;
        }
    }

    private bool TryHandle(byte[] buffer, int length)
    {
        var rest = new ReadOnlySequence<byte>(buffer, 0, length);
        ReadStep step = Read(ref rest);
        Keep(rest.FirstSpan);
        if (step == ReadStep.HeldUp)
            _ = ReadOnAfterCommandAsync();
        else if (step == ReadStep.Ended)
            _ = EndAsync();
        return step == ReadStep.MoreNeeded;
    }

    // What is not a whole frame yet, in a buffer that has room for more. A frame that would be too large has been refused.
    private void Keep(ReadOnlySpan<byte> rest)
    {
        byte[]? old = begun;
        if (rest.IsEmpty)
            begun = null;
        else if (old is null || rest.Length == old.Length)
            begun = ArrayPool<byte>.Shared.Rent(rest.Length * 2);
        if (begun is not null)
            rest.CopyTo(begun);
        begunLength = rest.Length;
        if (old is not null && old != begun)
            ArrayPool<byte>.Shared.Return(old);
    }

    private async Task ReadOnAfterCommandAsync()
    {
        await Command;
        wasHeldUp = true;
        socket.Resume();
    }

    private async Task EndAsync()
    {
        try
        {
            await Outbox.WaitUntilEmptyAsync().WaitAsync(Options.CloseTimeout, Time);
        }
        catch (TimeoutException)
        {
            // It takes nothing any more.
        }

        EndReading();
        Keep([]);
        End();
        Leave();
        socket.Dispose();
        // It may yet take hold of a channel, which is to be given back.
        await Command;
        await endpoint.EndAsync(this);
    }

    private void ReleaseGone()
    {
        lock (this)
        {
            if (Joined.IsCompleted && Command.IsCompleted)
                gone = null;
        }
    }
}
