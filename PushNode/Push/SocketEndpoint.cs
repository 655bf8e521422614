using System.Diagnostics.CodeAnalysis;
using System.Text;
using PushNode.Auth;
using PushNode.Diagnostics;
using PushNode.Transport;

namespace PushNode.Push;

/// <summary>
/// <c>GET /push</c> as nearly all clients ask for it, answered without the web server (<see cref="WebSocketEndpoint"/>). Whatever is to be refused goes there, and is
/// refused in its words.
/// </summary>
internal sealed class SocketEndpoint(Admission admission, ConnectionServices services, CommandHandler commands, ClientSession session) : IUpgrades
{
    public bool TryTake(ClientSocket socket, in UpgradeRequest request, IWebServer server)
    {
        if (!request.Path.SequenceEqual("/push"u8) || ConnectRequest.TryParse(Text(request.Query), out ConnectRequest connect) is not null)
            return false;
        var offer = new SubprotocolOffer();
        foreach (Range entry in request.Protocols.Split((byte)','))
            offer.Add(Text(request.Protocols[entry].Trim((byte)' ')));
        string? token = (request.Authorization.IsEmpty ? null : BearerToken.Of(Text(request.Authorization))) ?? offer.Token ?? connect.QueryToken;
        if (string.IsNullOrEmpty(token) || admission.RefuseOrigin(request.Origin.IsEmpty ? null : Text(request.Origin)) is not null)
            return false;
        string? address = admission.CountsByAddress ? socket.FindAddress()?.ToString() : null;
        if (admission.Enter(address) is not null)
            return false;
        var candidate = new Candidate(socket, request.Length, address, HandshakeAnswer.Write(request.Key, offer.HasOurs));
        _ = AdmitAsync(candidate, connect, token, server);
        return true;
    }

    /// <summary>The client of a connection has left, and nothing more is read.</summary>
    public async Task EndAsync(SocketWebSocket connection)
    {
        try
        {
            await session.EndAsync(connection);
        }
        catch (Exception e)
        {
            PushLog.Failed(services.Logger, $"The end of {connection}", e);
        }
        finally
        {
            admission.Leave(connection.Address);
        }
    }

    // Does not throw.
    private async Task AdmitAsync(Candidate candidate, ConnectRequest connect, string token, IWebServer server)
    {
        TokenVerdict? verdict = null;
        try
        {
            AuthResult result = await admission.VerifyAsync(token, candidate.Gone);
            (Identity? identity, _) = admission.Judge(result, connect);
            if (identity is not null)
            {
                Begin(candidate, identity, connect);
                return;
            }

            verdict = new TokenVerdict(token, result);
        }
        catch (OperationCanceledException)
        {
            // The client has left meanwhile: the web server will see it too.
        }
        catch (Exception e)
        {
            PushLog.Failed(services.Logger, "Verifying a token", e);
        }

        admission.Leave(candidate.Address);
        server.HandOver(candidate.Socket, verdict);
    }

    private void Begin(Candidate candidate, Identity identity, ConnectRequest connect)
    {
        ClientSocket socket = candidate.Socket;
        var connection = new SocketWebSocket(services, identity, connect, socket, commands, this) { Address = candidate.Address };
        socket.User = connection;
        try
        {
            // The head has been looked at only.
            socket.Discard(candidate.Length);
            connection.Outbox.TryEnqueue(candidate.Answer, FrameKind.Control);
            session.Begin(connection, connect, connection.ClientGone);
            connection.Flush();
        }
        catch (Exception e)
        {
            PushLog.Failed(services.Logger, $"The beginning of {connection}", e);
            connection.Abort();
        }

        socket.Resume();
    }

    private static string Text(ReadOnlySpan<byte> ascii) => Encoding.ASCII.GetString(ascii);

    /// <summary>A client whose token is being verified.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "The source has neither a timer nor a handle.")]
    private sealed class Candidate : ISocketUser
    {
        private readonly CancellationTokenSource gone = new();

        public Candidate(ClientSocket socket, int length, string? address, byte[] answer)
        {
            Socket = socket;
            Length = length;
            Address = address;
            Answer = answer;
            socket.User = this;
            if (socket.IsHungUp)
                OnHungUp();
        }

        public ClientSocket Socket { get; }

        /// <summary>The bytes of its request, which is still to be received.</summary>
        public int Length { get; }

        public string? Address { get; }

        /// <summary>What it is answered when it is let in.</summary>
        public byte[] Answer { get; }

        public CancellationToken Gone => gone.Token;

        // Nothing is read before it is let in.
        public bool OnReadable(ClientSocket socket) => false;

        public void OnHungUp() => _ = gone.CancelAsync();
    }
}
