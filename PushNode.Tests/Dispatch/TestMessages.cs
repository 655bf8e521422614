using PushNode.Messages;

namespace PushNode.Tests.Dispatch;

/// <summary>Messages as collect makes them.</summary>
internal static class TestMessages
{
    public static Message Stored(long seq, DeliveryReport? report = null, int size = 10, string user = "alice")
    {
        Message message = New(user, ephemeral: false, report, size);
        message.Accept(seq);
        return message;
    }

    public static Message Ephemeral(DeliveryReport? report = null, string user = "alice")
    {
        Message message = New(user, ephemeral: true, report, 10);
        message.Build();
        return message;
    }

    /// <summary>Stored messages with the seqs from one to another.</summary>
    public static Message[] Stored(int first, int last, DeliveryReport? report = null, int size = 10) =>
        [.. Enumerable.Range(first, last - first + 1).Select(seq => Stored(seq, report, size))];

    private static Message New(string user, bool ephemeral, DeliveryReport? report, int size)
    {
        byte[] data = new byte[size];
        data.AsSpan().Fill((byte)'1');
        return new Message(Channel.User(user), "id", 1_795_000_000_000, long.MaxValue, null, data) { Ephemeral = ephemeral, Report = report };
    }
}
