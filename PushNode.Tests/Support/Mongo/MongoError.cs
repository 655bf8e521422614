namespace PushNode.Tests.Support.Mongo;

/// <summary>A command, or one write of it, is refused with this code.</summary>
internal sealed class MongoError(int code, string message, BsonDocument? details = null) : Exception(message)
{
    public const int BadValue = 2;
    public const int FailedToParse = 9;
    public const int Unauthorized = 13;
    public const int AuthenticationFailed = 18;
    public const int IllegalOperation = 20;
    public const int CommandNotFound = 59;
    public const int WriteConcernFailed = 64;
    public const int ImmutableField = 66;
    public const int IndexOptionsConflict = 85;
    public const int IndexKeySpecsConflict = 86;
    public const int NotWritablePrimary = 10107;
    public const int DuplicateKey = 11000;

    private static readonly HashSet<int> Retryable = [6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];

    private static readonly Dictionary<int, string> Names = new()
    {
        [1] = "InternalError",
        [BadValue] = "BadValue",
        [6] = "HostUnreachable",
        [7] = "HostNotFound",
        [FailedToParse] = "FailedToParse",
        [Unauthorized] = "Unauthorized",
        [AuthenticationFailed] = "AuthenticationFailed",
        [IllegalOperation] = "IllegalOperation",
        [24] = "LockTimeout",
        [50] = "MaxTimeMSExpired",
        [CommandNotFound] = "CommandNotFound",
        [WriteConcernFailed] = "WriteConcernFailed",
        [ImmutableField] = "ImmutableField",
        [IndexOptionsConflict] = "IndexOptionsConflict",
        [IndexKeySpecsConflict] = "IndexKeySpecsConflict",
        [89] = "NetworkTimeout",
        [91] = "ShutdownInProgress",
        [100] = "UnsatisfiableWriteConcern",
        [112] = "WriteConflict",
        [121] = "DocumentValidationFailure",
        [134] = "ReadConcernMajorityNotAvailableYet",
        [189] = "PrimarySteppedDown",
        [262] = "ExceededTimeLimit",
        [9001] = "SocketException",
        [NotWritablePrimary] = "NotWritablePrimary",
        [10334] = "BSONObjectTooLarge",
        [DuplicateKey] = "DuplicateKey",
        [11600] = "InterruptedAtShutdown",
        [11602] = "InterruptedDueToReplStateChange",
        [13435] = "NotPrimaryNoSecondaryOk",
        [13436] = "NotPrimaryOrSecondary",
        [14031] = "OutOfDiskSpace",
        [40324] = "Location40324",
    };

    public int Code { get; } = code;

    /// <summary>Further fields of the error, such as <c>keyPattern</c>.</summary>
    public BsonDocument Details { get; } = details ?? [];

    /// <summary>It ends the whole command; what the command has written before stays.</summary>
    public bool EndsCommand { get; init; }

    /// <summary>The code's name, as in <c>codeName</c>.</summary>
    public static string NameOf(int code) => Names.GetValueOrDefault(code, $"Location{code}");

    /// <summary>Whether a retryable write that meets this code is labelled <c>RetryableWriteError</c>.</summary>
    public static bool IsRetryable(long code) => Retryable.Contains((int)code);

    /// <summary>The reply that says so.</summary>
    public BsonDocument Reply() => [new("ok", 0.0), new("errmsg", Message), new("code", Code), new("codeName", NameOf(Code)), .. Details];
}
