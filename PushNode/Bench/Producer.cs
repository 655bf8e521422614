using System.Net.Sockets;
using System.Text;

namespace PushNode.Bench;

/// <summary>
/// One HTTP connection that sends messages: a POST after the other, each when the one before is answered, or lines of one NDJSON stream that has so many in
/// flight. When the node ends it while it has nothing to wait for, it connects again.
/// </summary>
internal sealed class Producer : IReady
{
    private const int ChunkHead = 10;
    private const int LengthDigits = 8;
    private const string LengthFormat = "D8";

    private readonly Publisher publisher;
    private readonly MessageWriter messages;
    private readonly Sending[] inFlight;
    private readonly bool isStream;
    private readonly byte[] requestHead;
    private AnswerReader answers = new();
    private Socket? socket;
    private byte[] output = new byte[16 * 1024];
    private int outputStart;
    private int outputEnd;
    private int chunkStart = -1;
    private int firstInFlight;
    private bool hasBegunStream;
    private bool waitsToWrite;

    public Producer(Publisher publisher, MessageWriter messages)
    {
        this.publisher = publisher;
        this.messages = messages;
        BenchPlan plan = publisher.Plan;
        isStream = plan.Batch is not null;
        inFlight = new Sending[plan.Batch ?? 1];
        string path = plan.Node.AbsolutePath.TrimEnd('/') + (isStream ? "/collect/batch" : "/collect");
        string key = plan.Key is null ? "" : $"Authorization: Bearer {plan.Key}\r\n";
        requestHead = Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {plan.Node.Authority}\r\n{key}" +
            (isStream ? "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n" : "Content-Type: application/json\r\nContent-Length: "));
    }

    public bool IsConnected { get; private set; }

    public int InFlight { get; private set; }

    /// <summary>Whether one more message may be sent.</summary>
    public bool HasRoom => IsConnected && InFlight < inFlight.Length && (isStream || !HasOutput);

    /// <summary>Whether there is something to be written.</summary>
    public bool HasOutput => outputStart < outputEnd;

    /// <summary>Whether it waits in the publisher's line for its turn.</summary>
    public bool IsInLine { get; set; }

    /// <summary>Begins to connect.</summary>
    public void Connect()
    {
        try
        {
            socket = publisher.OpenSocket();
            publisher.Poller.Watch(socket, this, forWriting: true);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            Fail($"a producer cannot connect: {e.Message}");
        }
    }

    /// <summary>Puts a message into what is to be written. Only with <see cref="HasRoom"/>; <see cref="Flush"/> sends it.</summary>
    public void Add(Sending sending)
    {
        inFlight[(firstInFlight + InFlight++) % inFlight.Length] = sending;
        MakeRoom(requestHead.Length + messages.MaxLength + 32);
        if (!isStream)
        {
            AddRequest(sending);
            return;
        }

        if (!hasBegunStream)
            Put(requestHead);
        hasBegunStream = true;
        if (chunkStart < 0)
        {
            chunkStart = outputEnd;
            outputEnd += ChunkHead;
        }

        outputEnd += messages.Write(output.AsSpan(outputEnd), sending.Channel, sending.Number, sending.Due);
        Put("\n"u8);
    }

    /// <summary>Sends what is to be written.</summary>
    public void Flush()
    {
        if (socket is null)
            return;
        EndChunk();
        while (HasOutput)
        {
            int sent = socket.Send(output.AsSpan(outputStart, outputEnd - outputStart), SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                WatchForWriting(true);
                return;
            }

            if (error != SocketError.Success)
            {
                Fail($"a producer's connection broke: {new SocketException((int)error).Message}");
                return;
            }

            outputStart += sent;
        }

        outputStart = outputEnd = 0;
        WatchForWriting(false);
    }

    public void OnReady()
    {
        if (!IsConnected)
            FinishConnecting();
        else if (waitsToWrite)
            Flush();
        else
            Receive();
    }

    /// <summary>Ends the connection; what was not answered is known to the publisher as such.</summary>
    public void End()
    {
        if (socket is null)
            return;
        publisher.Poller.Forget(socket);
        socket.Dispose();
        socket = null;
        IsConnected = waitsToWrite = hasBegunStream = false;
        outputStart = outputEnd = 0;
        chunkStart = -1;
        answers = new AnswerReader();
        while (InFlight > 0)
            publisher.OnUnanswered(TakeFirst());
    }

    private void FinishConnecting()
    {
        var error = (SocketError)(int)socket!.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        if (error != SocketError.Success)
        {
            Fail($"a producer cannot connect: {new SocketException((int)error).Message}");
            return;
        }

        IsConnected = true;
        publisher.Poller.Watch(socket!, this, forWriting: false);
        publisher.OnRoom(this);
    }

    private void Receive()
    {
        int count = socket!.Receive(answers.Room(), SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
            return;
        if (error != SocketError.Success || count == 0)
            OnClosed(error);
        else if (!answers.Advance(count))
            Fail("a producer was sent something that is no HTTP answer");
        else if (isStream)
            TakeLines();
        else
            TakeAnswer();
    }

    private void OnClosed(SocketError error)
    {
        if (InFlight > 0)
        {
            Fail($"the node ended a producer's connection{(error is SocketError.Success ? "" : $": {new SocketException((int)error).Message}")}");
            return;
        }

        // A server does that to one that was long idle.
        End();
        if (!publisher.IsStopped)
            Connect();
    }

    private void TakeAnswer()
    {
        while (answers.IsDone && InFlight > 0)
        {
            int status = answers.Status;
            bool isRead = Answer.TryRead(answers.Body, out Answer answer);
            publisher.OnAnswer(TakeFirst(), isRead ? answer with { Status = status } : new Answer(status, 0), answers.Body);
            if (!answers.Next())
                Fail("a producer was sent something that is no HTTP answer");
        }

        publisher.OnRoom(this);
    }

    private void TakeLines()
    {
        if (answers.Status is not (0 or 200))
        {
            if (answers.IsDone)
                Fail($"the node refused a stream with {Refusals.Explain(answers.Status, Encoding.UTF8.GetString(answers.Body))}");
            return;
        }

        int end;
        while (InFlight > 0 && (end = answers.Body.IndexOf((byte)'\n')) >= 0)
        {
            ReadOnlySpan<byte> line = answers.Body[..end];
            if (!Answer.TryRead(line, out Answer answer))
            {
                Fail("a producer was answered with a line that is no JSON");
                return;
            }

            publisher.OnAnswer(TakeFirst(), answer, line);
            answers.Consume(end + 1);
        }

        if (answers.IsDone)
            OnClosed(SocketError.Success);
        else
            publisher.OnRoom(this);
    }

    private Sending TakeFirst()
    {
        Sending first = inFlight[firstInFlight];
        firstInFlight = (firstInFlight + 1) % inFlight.Length;
        InFlight--;
        return first;
    }

    private void AddRequest(Sending sending)
    {
        Put(requestHead);
        // The length stands in front of the message, which is known behind it: so always with as many digits.
        Span<byte> length = output.AsSpan(outputEnd, LengthDigits);
        outputEnd += LengthDigits;
        Put("\r\n\r\n"u8);
        int written = messages.Write(output.AsSpan(outputEnd), sending.Channel, sending.Number, sending.Due);
        written.TryFormat(length, out _, LengthFormat);
        outputEnd += written;
    }

    private void EndChunk()
    {
        if (chunkStart < 0)
            return;
        int length = outputEnd - chunkStart - ChunkHead;
        length.TryFormat(output.AsSpan(chunkStart, 8), out _, "X8");
        "\r\n"u8.CopyTo(output.AsSpan(chunkStart + 8));
        Put("\r\n"u8);
        chunkStart = -1;
    }

    private void WatchForWriting(bool waits)
    {
        if (waits == waitsToWrite || socket is null)
            return;
        waitsToWrite = waits;
        publisher.Poller.Watch(socket, this, forWriting: waits);
    }

    private void Fail(string reason)
    {
        End();
        publisher.OnFailed(reason);
    }

    private void MakeRoom(int count)
    {
        if (output.Length - outputEnd < count)
            Array.Resize(ref output, Math.Max(output.Length * 2, outputEnd + count));
    }

    private void Put(ReadOnlySpan<byte> text)
    {
        text.CopyTo(output.AsSpan(outputEnd));
        outputEnd += text.Length;
    }
}
