using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace PushNode.Tests.Support.Mongo;

/// <summary>One connection of a client: its commands are answered one after the other.</summary>
internal sealed class MongoConnection(Socket socket, MongoHello hello, MongoState state, MongoFaults faults, CommandLog log, MongoDoubleOptions options) : IDisposable
{
    private readonly CancellationTokenSource dropped = new();

    /// <summary>Answers until the connection ends. Fails only by a mistake in this server.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            Stream stream = await OpenAsync(stopping);
            while (await MongoWire.ReadRequestAsync(stream, stopping) is { } request)
            {
                log.Add(request);
                if (await AnswerAsync(request, stopping) is not { } reply)
                    return;
                if (request.WantsReply)
                    await stream.WriteAsync(MongoWire.Reply(request, reply), stopping);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or AuthenticationException or InvalidDataException)
        {
            // The client is gone or does not speak the protocol, the connection was dropped, or the test has ended.
        }
        finally
        {
            Drop();
        }
    }

    /// <summary>Closes the connection at once. A command that is held is still carried out when it is released.</summary>
    public void Drop()
    {
        dropped.Cancel();
        socket.Close(0);
    }

    public void Dispose()
    {
        socket.Dispose();
        dropped.Dispose();
    }

    private async Task<Stream> OpenAsync(CancellationToken stopping)
    {
        socket.NoDelay = true;
        var stream = new NetworkStream(socket);
        if (options.Certificate is null)
            return stream;
        var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = options.Certificate }, stopping);
        return secure;
    }

    // Null: no answer, the connection closes.
    private async Task<BsonDocument?> AnswerAsync(MongoRequest request, CancellationToken stopping)
    {
        HeldCommand? held = faults.TakeHold(request);
        if (held is not null)
            await held.ArriveAsync(request, stopping);
        try
        {
            return await AnswerWithFaultsAsync(request, held, stopping);
        }
        catch (MongoError error)
        {
            return Refuse(request, error);
        }
        finally
        {
            held?.End();
        }
    }

    private async Task<BsonDocument?> AnswerWithFaultsAsync(MongoRequest request, HeldCommand? held, CancellationToken stopping)
    {
        MongoFault? fault = faults.Take(request);
        if (fault?.Kind == MongoFaultKind.CloseBefore)
            return null;
        if (fault?.Kind == MongoFaultKind.Fail)
            throw new MongoError(fault.Code, $"the test lets {request.Command} fail");

        (BsonDocument reply, Task committed) = hello.Answer(request) is { } own ? (own, Task.CompletedTask) : state.Execute(request);
        held?.End();

        if (fault?.Kind == MongoFaultKind.CloseAfter)
            return null;
        if (fault?.Kind == MongoFaultKind.FailAfter)
            throw new MongoError(fault.Code, $"the test lets {request.Command} fail, which has had its effect");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, dropped.Token);
        if (request.Body["writeConcern"] is BsonDocument concern && concern["w"] is "majority" && !await WaitAsync(committed, concern.Number("wtimeout"), ended.Token))
            AddWriteConcernError(request, reply, new MongoError(MongoError.WriteConcernFailed, "waiting for replication timed out"));
        if (fault?.Kind == MongoFaultKind.WriteConcern)
            AddWriteConcernError(request, reply, new MongoError(fault.Code, "the test lets the write concern fail"));
        await Task.Delay(faults.DelayOf(request), ended.Token);
        return reply;
    }

    private static async Task<bool> WaitAsync(Task committed, long milliseconds, CancellationToken cancellationToken)
    {
        try
        {
            await committed.WaitAsync(milliseconds > 0 ? TimeSpan.FromMilliseconds(milliseconds) : Timeout.InfiniteTimeSpan, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static BsonDocument Refuse(MongoRequest request, MongoError error)
    {
        BsonDocument reply = error.Reply();
        Label(request, reply, error.Code);
        return reply;
    }

    private static void AddWriteConcernError(MongoRequest request, BsonDocument reply, MongoError error)
    {
        var concern = new BsonDocument { { "code", error.Code }, { "codeName", MongoError.NameOf(error.Code) }, { "errmsg", error.Message } };
        if (error.Code == MongoError.WriteConcernFailed)
            concern.Add("errInfo", new BsonDocument { { "wtimeout", true } });
        reply["writeConcernError"] = concern;
        Label(request, reply, error.Code);
    }

    // As mongod does: only a write that can be repeated is said to be worth repeating.
    private static void Label(MongoRequest request, BsonDocument reply, int code)
    {
        if (request.Transaction is not null && MongoError.IsRetryable(code))
            reply["errorLabels"] = new BsonArray { "RetryableWriteError" };
    }
}
