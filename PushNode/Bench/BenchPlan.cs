using System.Net;
using System.Text;

namespace PushNode.Bench;

/// <summary>What is to be measured.</summary>
internal sealed record BenchPlan
{
    /// <summary>The node, an <c>http</c> address.</summary>
    public required Uri Node { get; init; }

    public required IPEndPoint EndPoint { get; init; }

    public required int Connections { get; init; }

    /// <summary>Connection i is of user i mod so many, each with a device of its own.</summary>
    public required int Users { get; init; }

    public BenchTarget To { get; init; }

    /// <summary>Messages a second; null: as fast as possible.</summary>
    public double? Rate { get; init; }

    public int Producers { get; init; } = 32;

    /// <summary>Lines that one NDJSON stream has in flight; null: single requests.</summary>
    public int? Batch { get; init; }

    /// <summary>Bytes of a message's data.</summary>
    public int Size { get; init; } = 200;

    public TimeSpan Warmup { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long nothing may come at the end before what is missing counts as lost.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Messages to all connections that may be under way; null: no limit.</summary>
    public int? InFlight { get; init; }

    /// <summary>Whether the subscribers acknowledge, or leave it to their pongs.</summary>
    public bool Acknowledges { get; init; }

    /// <summary>Connect and hold, nothing is sent.</summary>
    public bool IsIdle { get; init; }

    /// <summary>Connections opened a second; null: as fast as possible.</summary>
    public double? ConnectRate { get; init; }

    /// <summary>The API key; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>The node's processes, whose CPU and memory are read; empty where they are not known.</summary>
    public IReadOnlyList<int> Processes { get; init; } = [];

    /// <summary>The token of each user, by its index.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>The name of this run: its users, topic and messages are told by it from those of all others.</summary>
    public required string Run { get; init; }

    /// <summary>The topic of a run that measures one.</summary>
    public string Topic => TopicOf(Run);

    /// <summary>Channels that are written to: one, or one for each user.</summary>
    public int Channels => To == BenchTarget.Users ? Users : 1;

    public static string TopicOf(string run) => $"bench-{run}";

    /// <summary>The name of a run's user.</summary>
    public static string UserOf(string run, int user) => $"bench-{run}-{user}";

    /// <summary>The channel whose messages a connection checks, as the node names it.</summary>
    public string ChannelOf(int connection) => To switch
    {
        BenchTarget.Users => $"user:{UserOf(Run, connection % Users)}",
        BenchTarget.Topic => $"topic:{Topic}",
        _ => "all",
    };

    /// <summary>The upgrade request of a connection.</summary>
    public byte[] HandshakeOf(int connection)
    {
        string path = Node.AbsolutePath.TrimEnd('/');
        string topics = To == BenchTarget.Topic ? $"&topics={Topic}" : "";
        return Encoding.ASCII.GetBytes(
            $"GET {path}/push?device=bench-{connection / Users}&ack={(Acknowledges ? "manual" : "auto")}{topics} HTTP/1.1\r\n" +
            $"Host: {Node.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Handshake.Key}\r\n" +
            $"Authorization: Bearer {Tokens[connection % Users]}\r\n\r\n");
    }
}
