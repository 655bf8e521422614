using System.Text;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>The incarnations under which this run has written routes.</summary>
internal sealed class OwnIncarnations(string text, RedisValue[] former)
{
    private const int Remembered = 4;

    /// <summary>The current one.</summary>
    public string Text { get; } = text;

    /// <summary>The same as Redis has it.</summary>
    public byte[] Bytes { get; } = Encoding.UTF8.GetBytes(text);

    /// <summary>The current one and those before it; routes of still older ones have lapsed.</summary>
    public RedisValue[] All { get; } = [Encoding.UTF8.GetBytes(text), .. former.Take(Remembered)];

    public OwnIncarnations Next(string incarnation) => new(incarnation, All);
}
