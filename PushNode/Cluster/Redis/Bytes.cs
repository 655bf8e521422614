using System.Diagnostics.CodeAnalysis;

namespace PushNode.Cluster.Redis;

/// <summary>Compares texts as they came from Redis, without making strings of them.</summary>
internal sealed class Bytes : IEqualityComparer<byte[]>
{
    private Bytes()
    {
    }

    public static Bytes Comparer { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode([DisallowNull] byte[] obj)
    {
        var hash = new HashCode();
        hash.AddBytes(obj);
        return hash.ToHashCode();
    }
}
