using System.Net;
using System.Text;

namespace PushNode.Peers;

/// <summary>Asks other nodes, over HTTP/2. Every call is bounded in time; none is repeated here.</summary>
internal sealed class PeerClient : IDisposable
{
    private const int MaxReason = 1024;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(2);

    private readonly HttpClient http;
    private readonly ClusterOptions options;
    private readonly Node node;
    private readonly string secret;
    private readonly PeerCertificates certificates;
    private readonly string scheme;

    public PeerClient(ClusterOptions options, ClusterSecret secret, PeerCertificates certificates, Node node)
    {
        this.options = options;
        this.node = node;
        this.certificates = certificates;
        this.secret = secret.Text;
        scheme = certificates.IsUsed ? "https" : "http";
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = ConnectTimeout,
            // A request that times out leaves its connection open: pings find out that the other end is gone, however it went.
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            // A crowd that comes back asks the store more at once than one connection has streams; deliveries must not wait behind it.
            EnableMultipleHttp2Connections = true,
        };
        if (certificates.IsUsed)
            handler.SslOptions = certificates.ForClient();
        http = new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    /// <summary>Asks one node and returns the body of its answer.</summary>
    /// <exception cref="PeerUnavailableException">It could not be reached, took longer than <see cref="ClusterOptions.Timeout"/> or could not do it.</exception>
    public async Task<byte[]> CallAsync(Peer peer, string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.Timeout);
        try
        {
            using HttpResponseMessage answer = await SendAsync(peer, path, body, patience.Token);
            await answer.Content.LoadIntoBufferAsync(PeerProtocol.MaxBody, patience.Token);
            return await answer.Content.ReadAsByteArrayAsync(patience.Token);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw PeerAnswer.BrokenOff(peer, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Late(peer);
        }
    }

    /// <summary>Asks one node and returns its answer as soon as it has begun, for answers that come in parts.</summary>
    /// <exception cref="PeerUnavailableException">It could not be reached, took longer than <see cref="ClusterOptions.Timeout"/> to begin or could not do it.</exception>
    public async Task<PeerAnswer> OpenAsync(Peer peer, string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.Timeout);
        HttpResponseMessage? answer = null;
        try
        {
            answer = await SendAsync(peer, path, body, patience.Token);
            return new PeerAnswer(peer, answer, await answer.Content.ReadAsStreamAsync(patience.Token));
        }
        catch (Exception e)
        {
            answer?.Dispose();
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw Late(peer);
            throw;
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(Peer peer, string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{scheme}://{peer.Address}{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(body),
        };
        request.Headers.TryAddWithoutValidation(PeerProtocol.VersionHeader, PeerProtocol.Version);
        request.Headers.TryAddWithoutValidation(PeerProtocol.SecretHeader, secret);
        request.Headers.TryAddWithoutValidation(PeerProtocol.FromHeader, node.Address);
        if (peer.Incarnation.Length > 0)
            request.Headers.TryAddWithoutValidation(PeerProtocol.IncarnationHeader, peer.Incarnation);

        HttpResponseMessage answer;
        try
        {
            answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            bool never = e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            throw new PeerUnavailableException($"{peer.Address} cannot be reached: {ConnectFailure.Describe(e, certificates)}", !never, e);
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw new PeerUnavailableException($"{peer.Address} cannot be reached: it took no connection within {ConnectTimeout.TotalSeconds} s", mayHaveArrived: false, e);
        }

        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
            throw await RefusalAsync(peer, answer, cancellationToken);
    }

    private static async Task<PeerUnavailableException> RefusalAsync(Peer peer, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        string reason = await ReadReasonAsync(answer, cancellationToken);
        return new PeerUnavailableException($"{peer.Address} answered {(int)answer.StatusCode}: {reason}", mayHaveArrived: answer.StatusCode == HttpStatusCode.InternalServerError)
        {
            IsAnswer = true,
            IsOtherIncarnation = answer.StatusCode == HttpStatusCode.Conflict,
            IsForGood = answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge,
            Reason = answer.StatusCode == HttpStatusCode.ServiceUnavailable ? reason : null,
        };
    }

    /// <summary>Why the node refused, as far as it can be read: what counts is that it did.</summary>
    private static async Task<string> ReadReasonAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            byte[] text = new byte[MaxReason];
            await using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            return Encoding.UTF8.GetString(text, 0, await body.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancellationToken));
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return "";
        }
    }

    private PeerUnavailableException Late(Peer peer) =>
        new($"{peer.Address} did not answer within {options.Timeout.TotalSeconds} s", mayHaveArrived: true);
}
