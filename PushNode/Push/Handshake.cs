using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using PushNode.Diagnostics;

namespace PushNode.Push;

/// <summary>The opening handshake (RFC 6455 section 4.2; over HTTP/2 RFC 8441).</summary>
internal sealed class Handshake
{
    private const string Version = "13";
    private const int KeyLength = 24;
    private const int KeyBytes = 16;

    private readonly HttpContext context;
    private readonly IHttpExtendedConnectFeature? extendedConnect;
    private readonly SubprotocolOffer offer;

    private Handshake(HttpContext context, IHttpExtendedConnectFeature? extendedConnect)
    {
        this.context = context;
        this.extendedConnect = extendedConnect;
        foreach (string entry in context.Request.Headers.GetCommaSeparatedValues("Sec-WebSocket-Protocol"))
            offer.Add(entry);
    }

    /// <summary>Whether the client knows our close codes, and so is told a refusal by one of them.</summary>
    public bool OffersSubprotocol => offer.HasOurs;

    /// <summary>The token that came as a subprotocol; null when none did.</summary>
    public string? Token => offer.Token;

    /// <summary>Reads the request's side of the handshake; null, with the handshake, when it is well.</summary>
    public static Problem? TryRead(HttpContext context, out Handshake? handshake)
    {
        handshake = null;
        HttpRequest request = context.Request;
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" } extended)
        {
            if (request.Headers.SecWebSocketVersion != Version)
                return WrongVersion(context);
            handshake = new Handshake(context, extended);
            return null;
        }

        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } || !HasToken(request.Headers.Upgrade, "websocket"))
        {
            OfferUpgrade(context);
            return new Problem(StatusCodes.Status426UpgradeRequired, "upgrade_required", "this is a WebSocket; for server-sent events use /push/sse");
        }

        if (HttpProtocol.IsHttp10(request.Protocol))
            return Problem.BadRequest("bad_handshake", "a WebSocket is opened over HTTP/1.1 or later");
        if (!HttpMethods.IsGet(request.Method))
            return Problem.BadRequest("bad_handshake", "a WebSocket is opened with GET");
        if (request.Headers.SecWebSocketVersion != Version)
            return WrongVersion(context);
        if (!IsKey(request.Headers.SecWebSocketKey))
            return Problem.BadRequest("bad_handshake", "Sec-WebSocket-Key must be 16 bytes in base64");
        handshake = new Handshake(context, null);
        return null;
    }

    /// <summary>Answers the handshake; what follows are frames.</summary>
    public async Task<IClientTransport> AcceptAsync()
    {
        IHeaderDictionary headers = context.Response.Headers;
        if (OffersSubprotocol)
            headers.SecWebSocketProtocol = SubprotocolOffer.Ours;
        SlowClients.Allow(context);
        Stream stream;
        if (extendedConnect is not null)
        {
            stream = await extendedConnect.AcceptAsync();
        }
        else
        {
            headers.Connection = "Upgrade";
            headers.Upgrade = "websocket";
            headers.SecWebSocketAccept = AcceptKey(context.Request.Headers.SecWebSocketKey.ToString());
            stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        }

        return new StreamTransport(stream, RequestAbort.Of(context));
    }

    private static string AcceptKey(string key)
    {
        Span<byte> accept = stackalloc byte[HandshakeAnswer.AcceptLength];
        HandshakeAnswer.WriteAccept(Encoding.ASCII.GetBytes(key), accept);
        return Encoding.ASCII.GetString(accept);
    }

    private static bool IsKey(string? key) =>
        key is { Length: KeyLength } && Base64.IsValid(key, out int length) && length == KeyBytes;

    private static bool HasToken(string? header, string token) =>
        header is not null && header.Split(',', StringSplitOptions.TrimEntries).Contains(token, StringComparer.OrdinalIgnoreCase);

    // Later versions of HTTP have neither header, and the server would log that it drops them. A response with Connection ends the connection unless it
    // says otherwise, so it says that it does.
    private static void OfferUpgrade(HttpContext context)
    {
        if (!HttpProtocol.IsHttp11(context.Request.Protocol))
            return;
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.Connection = "Upgrade, close";
    }

    private static Problem WrongVersion(HttpContext context)
    {
        OfferUpgrade(context);
        context.Response.Headers.SecWebSocketVersion = Version;
        return new Problem(StatusCodes.Status426UpgradeRequired, "wrong_version", $"Sec-WebSocket-Version must be {Version}");
    }
}
