namespace PushNode.Transport;

/// <summary>Which header it is, as far as a request that is read here cares.</summary>
internal enum HeaderName
{
    /// <summary>One that changes nothing.</summary>
    Other,

    /// <summary>One that changes how the request is to be read: it is left to the web server.</summary>
    Unusual,
    ApiKey,
    Authorization,
    Connection,
    ContentEncoding,
    ContentLength,
    ContentType,
    Host,
    Key,
    Origin,
    Protocol,
    Upgrade,
    Version,
}
