namespace PushNode.Push;

/// <summary>The WebSocket close codes the server sends; over SSE they stand in the <c>close</c> event.</summary>
internal enum CloseCode
{
    /// <summary>Done: the business system asked for it, or the client said goodbye. Come back at will.</summary>
    Normal = 1000,

    /// <summary>The node shuts down. Come back at once, elsewhere.</summary>
    GoingAway = 1001,

    /// <summary>The client broke RFC 6455. A bug in the client: coming back will not help.</summary>
    ProtocolError = 1002,

    /// <summary>A binary frame: the protocol is JSON text. A bug in the client.</summary>
    UnsupportedData = 1003,

    /// <summary>A text frame was not UTF-8. A bug in the client.</summary>
    InvalidData = 1007,

    /// <summary>Too many frames, a frame left unfinished. A bug in the client.</summary>
    PolicyViolation = 1008,

    /// <summary>A frame above the limit. A bug in the client.</summary>
    TooLarge = 1009,

    /// <summary>The node met an error of its own. Come back with backoff.</summary>
    InternalError = 1011,

    /// <summary>The node sends its clients away. Come back after the time that the <c>reconnect</c> frame before it told.</summary>
    Draining = 1012,

    /// <summary>The request to connect was malformed (HTTP 400). Do not come back unchanged.</summary>
    BadRequest = 4400,

    /// <summary>The token is invalid, expired or revoked (HTTP 401). Come back with a fresh one.</summary>
    Unauthorized = 4401,

    /// <summary>The origin or a topic is not allowed (HTTP 403). Do not come back unchanged.</summary>
    Forbidden = 4403,

    /// <summary>Nothing was heard from the client for too long. Come back at once.</summary>
    HeartbeatMissed = 4408,

    /// <summary>Too many connections (HTTP 429). Come back with backoff.</summary>
    TooManyConnections = 4429,

    /// <summary>The node cannot take the connection now (HTTP 503). Come back with backoff.</summary>
    Unavailable = 4503,
}
