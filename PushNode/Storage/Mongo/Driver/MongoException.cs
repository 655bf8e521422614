namespace PushNode.Storage.Mongo.Driver;

/// <summary>A command that has failed, or that is not known to have succeeded.</summary>
/// <param name="message">What the server or the driver says.</param>
/// <param name="domain">The driver's <c>mongoc_error_domain_t</c>.</param>
/// <param name="code">The server's error code, or the driver's.</param>
internal sealed class MongoException(string message, uint domain, int code) : Exception(message)
{
    private const uint ClientDomain = 1;
    private const uint StreamDomain = 2;
    private const uint SaslDomain = 7;
    private const uint ScramDomain = 14;
    private const uint SelectionDomain = 15;
    private const uint WriteConcernDomain = 16;
    private const uint ServerDomain = 17;
    private const int ClientAuthenticate = 11;

    // https://www.mongodb.com/docs/manual/reference/error-codes/
    private static readonly HashSet<int> Passing = [6, 7, 89, 91, 112, 133, 134, 189, 202, 262, 317, 358, 384, 9001, 10058, 10107, 11600, 11602, 13388, 13435, 13436, 46841, 50];
    private static readonly HashSet<int> Refusing = [13, 18, 8000, 31, 334];

    /// <summary>An error that the server has put into a reply.</summary>
    public static MongoException OfServer(string message, int code) => new(message, ServerDomain, code);

    /// <summary>There was no way to the server.</summary>
    public static MongoException OfNetwork(string message) => new(message, StreamDomain, 0);

    /// <summary>A majority of the servers did not confirm in time what the primary has written.</summary>
    public static MongoException Unconfirmed(string reason) => new($"a majority of its servers did not confirm: {reason}", WriteConcernDomain, 0);

    /// <summary>The error's code.</summary>
    public int Code => code;

    /// <summary>Whether the server itself says so.</summary>
    public bool IsOfServer => domain == ServerDomain;

    /// <summary>Whether another try may well succeed: the network, a primary that has stepped down, a majority that lags behind, a time that ran out.</summary>
    public bool IsPassing => domain is StreamDomain or SelectionDomain or WriteConcernDomain || (IsOfServer && Passing.Contains(code));

    /// <summary>Whether no server could be found that the command could be sent to.</summary>
    public bool IsUnreachable => domain == SelectionDomain;

    /// <summary>Whether the user name, the password or the rights are not sufficient.</summary>
    public bool IsRefusal => domain is SaslDomain or ScramDomain || (domain == ClientDomain && code == ClientAuthenticate) || (IsOfServer && Refusing.Contains(code));
}
