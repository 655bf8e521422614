using System.Security.Cryptography.X509Certificates;

namespace PushNode.Tests.Support.Mongo;

/// <summary>What kind of server a <see cref="MongoDouble"/> is.</summary>
internal sealed record MongoDoubleOptions
{
    /// <summary>The name of the replica set of which it is the only member; null: a standalone, which takes no retryable writes.</summary>
    public string? ReplicaSet { get; init; }

    /// <summary>Only who has logged in may do anything, and every login is refused: code 18, and 13 for who has not tried.</summary>
    public bool RefusesLogins { get; init; }

    /// <summary>It speaks TLS only, with this; a connection that begins otherwise is closed. Null: no TLS.</summary>
    public X509Certificate2? Certificate { get; init; }
}
