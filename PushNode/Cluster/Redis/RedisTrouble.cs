using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>Puts into words why Redis cannot be used, from what the client library says.</summary>
internal static class RedisTrouble
{
    private const string NoAuth = "NOAUTH";
    private const string WrongPass = "WRONGPASS";
    private const string ReadOnly = "it is a read-only replica (READONLY), and its master is away, or not named in Redis:Connection";

    /// <summary>What Redis answers when it can do nothing at all for the moment, or for us, and what that means.</summary>
    private static readonly (string Word, string Meaning)[] Answers =
    [
        (NoAuth, "it asks for a password (NOAUTH): give it in Redis:Connection, password=…"),
        (WrongPass, "it does not accept the password of Redis:Connection (WRONGPASS)"),
        ("invalid password", "it does not accept the password of Redis:Connection"),
        ("SELECT is not allowed", "it is a Redis Cluster, which has no databases: take the number out of Redis:Connection"),
        ("NOPERM", "its user default may not do what PushNode needs (NOPERM)"),
        ("READONLY", ReadOnly),
        ("LOADING", "it is still loading its data (LOADING)"),
        ("MASTERDOWN", "it is a replica that has lost its master (MASTERDOWN)"),
        ("CLUSTERDOWN", "the Redis Cluster does not serve all its slots (CLUSTERDOWN)"),
        ("MISCONF", "it refuses writes because it cannot save its data to its disk (MISCONF)"),
        ("OOM", "it refuses writes because it has used up its memory (OOM)"),
        ("NOREPLICAS", "it refuses writes because too few replicas follow it (NOREPLICAS)"),
        ("BUSY", "it is busy with a script (BUSY)"),
    ];

    /// <summary>What an answer means that concerns all of Redis; null for any other.</summary>
    public static string? Find(string? answer) => answer is null ? null : Answers.FirstOrDefault(a => answer.Contains(a.Word, StringComparison.Ordinal)).Meaning;

    /// <summary>Whether the answer concerns all of Redis, and not only the key that was asked for.</summary>
    public static bool IsGeneral(RedisServerException answer) => Find(answer.Message) is not null;

    /// <summary>Why a call failed, as the rest of a sentence; null when only that there is no connection is known.</summary>
    /// <param name="failure">How it failed.</param>
    /// <param name="connection">What it failed on.</param>
    /// <param name="timeout">How long a call may take.</param>
    public static string? Describe(Exception failure, RedisConnection connection, TimeSpan timeout)
    {
        if (Find(failure.Message, connection) is { } known)
            return known;
        if (failure is TimeoutException && connection.IsConnected)
            return connection.FindGap() ?? $"it did not answer within {timeout.TotalSeconds:0.###} s";
        if (connection.Current is { IsConnected: true } open && HasReplicasOnly(open))
            return ReadOnly;
        return failure is RedisConnectionException or TimeoutException or IOException ? Find(connection.LastError, connection) ?? connection.FindGap() : failure.Message;
    }

    /// <summary>What the client library says where nothing else is known, as the rest of a sentence; null when it says nothing either.</summary>
    public static string? Guess(Exception failure) =>
        $"{failure.Message} {failure.InnerException?.Message}".Contains("AuthenticationFailure", StringComparison.Ordinal) ? "it cannot be logged in to: the TLS handshake or the password fails" : null;

    // The client library goes on after a login that has failed, and is asked for one then.
    private static string? Find(string? answer, RedisConnection connection) =>
        Find(connection.LogsIn && answer?.Contains(NoAuth, StringComparison.Ordinal) == true ? WrongPass : answer);

    private static bool HasReplicasOnly(ConnectionMultiplexer connection)
    {
        IServer[] servers = [.. connection.GetEndPoints().Select(e => connection.GetServer(e)).Where(static s => s.IsConnected)];
        return servers.Length > 0 && servers.All(static s => s.IsSlave);
    }
}
