using PushNode.Auth;
using PushNode.Cluster;
using PushNode.Diagnostics;
using PushNode.Transport;

namespace PushNode.Push;

/// <summary>Decides, before anything is set up for it, whether a client may connect.</summary>
internal sealed class Admission(IAuthenticator authenticator, Revocations revocations, Hub hub, ConnectionList connections, PushOptions options)
{
    private const int RetryAfterSeconds = 5;

    /// <summary>Whether connections are limited by the client's address; if not, none need be told, so that nothing is kept for nothing.</summary>
    public bool CountsByAddress => options.MaxConnectionsPerAddress > 0;

    /// <inheritdoc cref="Enter(string?)"/>
    public Problem? Enter(HttpContext context) => Enter(AddressOf(context));

    /// <summary>Takes a place for the client; the problem (429 or 503) when there is none.</summary>
    public Problem? Enter(string? address) => connections.TryEnter(address) switch
    {
        ConnectionRoom.Stopping => Problem.Unavailable("the node is draining, connect to another one"),
        ConnectionRoom.NodeFull => Problem.Unavailable($"this node has {options.MaxConnections} connections, the most allowed", RetryAfterSeconds),
        ConnectionRoom.AddressFull => Problem.TooManyRequests(
            "too_many_connections",
            $"your address has {options.MaxConnectionsPerAddress} connections, the most allowed",
            RetryAfterSeconds),
        _ => null,
    };

    /// <inheritdoc cref="Leave(string?)"/>
    public void Leave(HttpContext context) => Leave(AddressOf(context));

    /// <summary>The client that entered is gone.</summary>
    public void Leave(string? address) => connections.Leave(address);

    /// <summary>The client's identity, or the problem to refuse it with (400, 401, 403, 429 or 503).</summary>
    public async ValueTask<(Identity? Identity, Problem? Refusal)> AdmitAsync(HttpContext context, ConnectRequest request, string? token)
    {
        if (RefuseOrigin(context.Request.Headers.Origin) is { } foreign)
            return (null, foreign);
        if (string.IsNullOrEmpty(token))
            return (null, Problem.Unauthorized("a token is needed: as Authorization: Bearer, as ?token= or as the subprotocol bearer.<token>"));
        AuthResult result = context.Features.Get<HandedOver>()?.Take<TokenVerdict>() is { } verdict && verdict.Token == token
            ? verdict.Result
            : await VerifyAsync(token, context.RequestAborted);
        return Judge(result, request);
    }

    /// <summary>Tells who a token is for.</summary>
    public ValueTask<AuthResult> VerifyAsync(string token, CancellationToken cancellationToken) => authenticator.VerifyAsync(token, cancellationToken);

    /// <summary>The identity that a token was found to have, or the problem to refuse it with (400, 401, 403, 429 or 503).</summary>
    public (Identity? Identity, Problem? Refusal) Judge(AuthResult result, ConnectRequest request)
    {
        if (result.Identity is not { } identity)
        {
            return (null, result.Failure == AuthFailure.Unavailable
                ? Problem.Unavailable(result.Reason ?? "the token cannot be checked now", RetryAfterSeconds)
                : Problem.Unauthorized(result.Reason ?? "the token is not valid"));
        }

        return Check(identity, request) is { } refusal ? (null, refusal) : (identity, null);
    }

    /// <summary>Null when pages of the origin may connect, or there is none.</summary>
    public Problem? RefuseOrigin(string? origin) =>
        origin is null || options.AllowedOrigins.Length == 0 || options.AllowedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase)
            ? null
            : Problem.Forbidden("origin_not_allowed", "pages of this origin may not connect (Push:AllowedOrigins)");

    private Problem? Check(Identity identity, ConnectRequest request)
    {
        if (revocations.IsRevoked(identity.UserId, identity.IssuedAt))
            return Problem.Unauthorized(Revocations.Refusal);
        // A close carries only its sentence: client.js reads the number and the topic out of these two.
        if (request.Topics.Count > options.MaxTopicsPerConnection)
            return Problem.BadRequest("too_many_topics", $"{request.Topics.Count} topics; at most {options.MaxTopicsPerConnection} may be subscribed to on one connection");
        foreach (string topic in request.Topics.Keys)
        {
            if (!identity.Topics.Allows(topic))
                return Problem.Forbidden("topic_not_allowed", $"the token does not allow topic {topic}");
        }

        return hub.CountConnections(identity.UserId) >= options.MaxConnectionsPerUser
            ? Problem.TooManyRequests("too_many_connections", $"this user has {options.MaxConnectionsPerUser} connections, the most allowed", RetryAfterSeconds)
            : null;
    }

    private string? AddressOf(HttpContext context) => CountsByAddress ? context.Connection.RemoteIpAddress?.ToString() : null;
}
