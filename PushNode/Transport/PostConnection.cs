using System.Buffers;

namespace PushNode.Transport;

/// <summary>
/// A client that posts, a request at a time, without the web server, for as long as its requests are usual ones. While it is idle it costs this object and its socket.
/// </summary>
internal sealed class PostConnection : ISocketUser
{
    /// <summary>Answers up to this length are put together on the stack, in bytes.</summary>
    private const int SmallAnswer = 1024;

    private readonly ClientSocket socket;
    private readonly PostConnections all;
    private long idleSince;
    private long writingSince;
    private int requestLength;
    private bool hasMore;

    /// <param name="socket">Which whoever calls this is reading.</param>
    /// <param name="all">Where it is to be listed while it is here.</param>
    public PostConnection(ClientSocket socket, PostConnections all)
    {
        this.socket = socket;
        this.all = all;
        idleSince = all.Now;
    }

    /// <summary>Nothing waits on the way from a request to the line of messages to be stored.</summary>
    bool ISocketUser.IsBrief => true;

    /// <summary>What whoever takes its requests keeps with it.</summary>
    public object? State { get; set; }

    /// <summary>Since when it waits for a request, as a timestamp of the clock.</summary>
    public long IdleSince => Volatile.Read(ref idleSince);

    /// <summary>Since when it does not take its answer, as a timestamp of the clock; 0 while it does.</summary>
    public long WritingSince => Volatile.Read(ref writingSince);

    /// <summary>Takes the request in what has come, if it is one to be taken here.</summary>
    /// <param name="bytes">All that is there, up to some length; still to be received.</param>
    /// <returns>Whether it is taken. If not, nothing of it is.</returns>
    public bool TryTake(ReadOnlySpan<byte> bytes)
    {
        if (!PostRequest.TryRead(bytes, out PostRequest request) || !all.MayTake(request))
            return false;
        requestLength = request.Length;
        hasMore = bytes.Length > request.Length;
        return all.Posts.TryTake(this, request);
    }

    /// <summary>The request is taken: it is received, and nothing of it is left for the web server. To be called before it is answered, while it is being taken.</summary>
    public void Accept() => socket.Discard(requestLength);

    /// <summary>Answers the request, and goes on with the next one.</summary>
    /// <param name="status">A line of the form <c>202 Accepted</c>.</param>
    /// <param name="headers">Whole lines, each with its end.</param>
    /// <param name="body">The caller's again as soon as this returns.</param>
    public void Answer(ReadOnlySpan<byte> status, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body)
    {
        bool isLast = all.IsStopping;
        int length = AnswerHead.MaxLength + status.Length + headers.Length + body.Length;
        byte[]? rented = length > SmallAnswer ? ArrayPool<byte>.Shared.Rent(length) : null;
        Span<byte> answer = rented ?? stackalloc byte[SmallAnswer];
        int head = all.Head.Write(answer, status, headers, body.Length, isLast);
        body.CopyTo(answer[head..]);
        ValueTask<bool> write = socket.WriteAsync(answer[..(head + body.Length)]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);

        if (write.IsCompletedSuccessfully)
            GoOn(isOpen: write.Result && !isLast);
        else
            _ = GoOnWhenWrittenAsync(write, isLast);
    }

    /// <summary>Cuts it: a request that was taken cannot be answered, or its answer is not taken.</summary>
    public void Abort()
    {
        all.Remove(this);
        socket.Abort();
    }

    /// <summary>Ends it, unless a request is under way or has just come.</summary>
    public void EndIfIdle()
    {
        if (socket.TryClaim())
            End();
    }

    bool ISocketUser.OnReadable(ClientSocket socket)
    {
        Span<byte> bytes = Scratch.Bytes;
        int length = socket.Peek(bytes);
        if (length < 0 && !all.IsStopping)
            return true;
        if (length <= 0)
            End();
        else if (!all.TryTake(this, bytes[..length]))
            all.HandOver(this, socket);
        return false;
    }

    void ISocketUser.OnHungUp()
    {
    }

    private async Task GoOnWhenWrittenAsync(ValueTask<bool> write, bool isLast)
    {
        Volatile.Write(ref writingSince, all.Now);
        bool isOpen = await write;
        Volatile.Write(ref writingSince, 0);
        GoOn(isOpen && !isLast);
    }

    private void GoOn(bool isOpen)
    {
        Volatile.Write(ref idleSince, all.Now);
        if (!isOpen)
            End();
        // The end may have come with the request: it is not told again.
        else if (hasMore || socket.IsHungUp)
            socket.Resume();
        else
            socket.Release();
    }

    private void End()
    {
        all.Remove(this);
        socket.Dispose();
    }
}
