using System.Buffers;
using PushNode.Auth;
using PushNode.Messages;
using PushNode.Transport;

namespace PushNode.Push;

/// <summary>A connection over a WebSocket, framed here (RFC 6455, server side): an idle one holds no buffer. Where its bytes come from is left to those derived.</summary>
internal abstract class WebSocketConnection : Connection
{
    private readonly CommandHandler commands;
    private MessageReader? messages;
    private FrameBudget budget;
    private Proof proof;
    private long framesOwed;
    private long framesCredited;
    private long lastHeard;
    private long frameBegun;
    private bool refused;
    private Task command = Task.CompletedTask;
    private volatile bool heldUp;

    protected WebSocketConnection(ConnectionServices services, Identity identity, ConnectRequest request, IOutput output, CommandHandler commands)
        : base(services, identity, request, new Outbox(output, services.Options.OutboxBytes, services.Time, services.Options.UnprovedBytes))
    {
        this.commands = commands;
        lastHeard = Time.GetTimestamp();
        budget = new FrameBudget(Options.ClientFrameBurst, Options.ClientFramesPerSecond, lastHeard);
        proof = new Proof(lastHeard);
    }

    public override bool IsUnproved => AckMode == AckMode.Auto && Proof.IsWanted(Subscriptions);

    /// <summary>Whether a command of the client waits for the one before: nothing it sends is read meanwhile, so silence is not held against it.</summary>
    public bool IsHeldUp => heldUp;

    protected override string Transport => "websocket";

    /// <summary>The newest command of the client, which may wait for the store. Does not fail.</summary>
    protected Task Command => command;

    public override EnqueueResult TryWrite(Message message, Subscription subscription)
    {
        EnqueueResult result = Outbox.TryEnqueue(message.Frame, message.Ephemeral ? FrameKind.Ephemeral : FrameKind.Durable);
        if (result is not (EnqueueResult.Queued or EnqueueResult.QueuedFirst))
            return result;
        Interlocked.Increment(ref framesOwed);
        // A client that is sent much at once has a ping in it every so often, so that also a slow one has soon something to answer.
        return Outbox.WantsPing && EnqueuePing(Time.GetTimestamp()) == EnqueueResult.QueuedFirst ? EnqueueResult.QueuedFirst : result;
    }

    protected override ReadOnlyMemory<byte> Encode(in ServerFrame frame) => frame.WebSocket;

    protected override void EnqueueClose(CloseCode code, string reason) => Outbox.EnqueueLast(ControlFrame.Close(code, reason));

    protected override void BeatTransport()
    {
        long now = Time.GetTimestamp();
        // A slow client that reads is not silent: its pong stands behind all that waits for it.
        TimeSpan silence = Time.GetElapsedTime(Math.Max(Volatile.Read(ref lastHeard), Outbox.LastTaken), now);
        TimeSpan sincePing = Time.GetElapsedTime(proof.Sent, now);
        // In a message larger than the window no ping can stand: the client has as many times longer for it.
        TimeSpan patience = Options.HeartbeatTimeout * Math.Max(1, Outbox.UnprovedBytes / Options.UnprovedBytes);
        long begun = Volatile.Read(ref frameBegun);
        if (silence > patience && !heldUp)
            Close(CloseCode.HeartbeatMissed, $"nothing was heard for {patience.TotalSeconds:0} s");
        else if (begun != 0 && Time.GetElapsedTime(begun, now) > Options.FrameTimeout)
            Close(CloseCode.PolicyViolation, $"a message was begun and not finished within {Options.FrameTimeout.TotalSeconds:0} s");
        else if (IsPingDue(sincePing, silence))
            Ping(now);
        else if (proof.IsAwaited && sincePing > patience)
            Outbox.OpenWindow();
    }

    // One ping at a time: a client may answer the newest only, and on a slow link a newer one every few seconds would leave none answered in time.
    private bool IsPingDue(TimeSpan sincePing, TimeSpan silence) =>
        !proof.IsAwaited
        && (Outbox.WantsPing
            || (silence >= Options.HeartbeatInterval && sincePing >= Options.HeartbeatInterval)
            || ((IsLeaving || sincePing >= Options.ProofInterval) && IsUnproved));

    private void Ping(long now)
    {
        EnqueuePing(now);
        Flush();
    }

    // Nothing when one is awaited already. Any thread may come here.
    private EnqueueResult? EnqueuePing(long now)
    {
        if (!proof.TryBegin(Subscriptions, now, out uint number))
            return null;
        EnqueueResult result = Outbox.TryEnqueue(ControlFrame.Ping(number), FrameKind.Ping);
        if (result is EnqueueResult.Full or EnqueueResult.Closed)
            proof.End();
        else
            Interlocked.Increment(ref framesOwed);
        return result;
    }

    /// <summary>Handles what has come, and moves the buffer to where it is not whole yet.</summary>
    protected ReadStep Read(ref ReadOnlySequence<byte> buffer)
    {
        Volatile.Write(ref lastHeard, Time.GetTimestamp());
        ReadStep step;
        while ((step = ReadFrame(ref buffer)) == ReadStep.Message)
        {
            // One at a time, in their order. While it waits for the store control frames are read, up to the next command.
            if (!command.IsCompleted)
            {
                heldUp = true;
                return ReadStep.HeldUp;
            }

            BeginCommand();
        }

        if (frameBegun == 0 && (!buffer.IsEmpty || messages is { IsInsideMessage: true }))
            Volatile.Write(ref frameBegun, lastHeard);
        return step;
    }

    /// <summary>The command that the next one has waited for (<see cref="ReadStep.HeldUp"/>) is done: begins with that one, then reading goes on.</summary>
    protected void GoOn()
    {
        Volatile.Write(ref lastHeard, Time.GetTimestamp());
        heldUp = false;
        BeginCommand();
    }

    /// <summary>Nothing more will be read.</summary>
    protected void EndReading() => messages?.Release();

    private void BeginCommand()
    {
        command = WorkAsync(commands.HandleAsync(this, messages!));
        messages!.Release();
    }

    // Does not throw.
    private async Task WorkAsync(ValueTask work)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException)
        {
            // The client has left.
        }
        catch (Exception e)
        {
            PushLog.Failed(Logger, $"A command of {UserId}", e);
            Close(CloseCode.InternalError, "the node failed to do what you asked for");
        }
    }

    // Handles frames until a whole message is there or the buffer has no whole frame left.
    private ReadStep ReadFrame(ref ReadOnlySequence<byte> buffer)
    {
        while (!refused)
        {
            FrameStatus status = ClientFrame.TryRead(ref buffer, Options.MaxClientMessageBytes, out ClientFrame frame);
            if (status == FrameStatus.Incomplete)
                return ReadStep.MoreNeeded;
            // The clock of what is unfinished starts anew with each whole frame, but not with those inside an unfinished message.
            if (messages is not { IsInsideMessage: true } || (frame.Final && frame.Opcode == Opcode.Continuation))
                Volatile.Write(ref frameBegun, 0);
            if (status != FrameStatus.Complete)
                Refuse(status == FrameStatus.TooLarge ? CloseCode.TooLarge : CloseCode.ProtocolError, Describe(status));
            else if (!budget.TrySpend(Time, TakeFrameCredit()))
                Refuse(CloseCode.PolicyViolation, $"too many frames: at most {Options.ClientFramesPerSecond} per second, {Options.ClientFrameBurst} at once");
            else if (Handle(frame) is { } step)
                return step;
        }

        // What a refused client still sends is read and thrown away: closing with bytes unread would reset the connection before it saw why.
        buffer = buffer.Slice(buffer.End);
        return ReadStep.MoreNeeded;
    }

    private ReadStep? Handle(in ClientFrame frame)
    {
        switch (frame.Opcode)
        {
            case Opcode.Ping:
                Outbox.TryEnqueue(ControlFrame.Pong(frame), FrameKind.Control);
                Flush();
                return null;
            case Opcode.Pong:
                TakePong(frame);
                return null;
            case Opcode.Close:
                Close(ControlFrame.AnswerTo(frame, out string reason), reason);
                return ReadStep.Ended;
            default:
                messages ??= new MessageReader(Options.MaxClientMessageBytes);
                if (messages.Take(frame, out bool complete) is { } fault)
                    Refuse(fault.Code, fault.Reason);
                else if (complete)
                    return ReadStep.Message;
                return null;
        }
    }

    private void TakePong(in ClientFrame pong)
    {
        if (!proof.IsProvedBy(pong))
            return;
        if (AckMode == AckMode.Auto)
        {
            foreach (Subscription subscription in Subscriptions)
                Acknowledge(subscription, subscription.AwaitingProof);
        }

        // Before a next ping can be begun: this one's place in the stream is what has been proved.
        Outbox.Prove();
        proof.End();
        if (Outbox.WantsPing)
            Ping(Time.GetTimestamp());
    }

    private void Refuse(CloseCode code, string reason)
    {
        refused = true;
        Close(code, reason);
    }

    // Each message may be acknowledged, and each ping is to be answered.
    private long TakeFrameCredit()
    {
        long owed = Volatile.Read(ref framesOwed);
        long credit = owed - framesCredited;
        framesCredited = owed;
        return credit;
    }

    private string Describe(FrameStatus status) => status switch
    {
        FrameStatus.Unmasked => "a client's frame must be masked",
        FrameStatus.ReservedBits => "a reserved bit is set",
        FrameStatus.UnknownOpcode => "the opcode is not known",
        FrameStatus.LongLength => "a length must be written in as few bytes as it needs",
        FrameStatus.FragmentedControl => "a control frame must not be fragmented",
        FrameStatus.OversizedControl => "a control frame may have at most 125 bytes",
        _ => $"a message may have at most {Options.MaxClientMessageBytes} bytes",
    };
}
