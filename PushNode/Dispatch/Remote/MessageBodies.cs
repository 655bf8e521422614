using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>The bodies of <see cref="MessageProtocol"/> as the receiving side reads them.</summary>
/// <exception cref="MalformedPeerBodyException">Every reading member throws it when the body is not what it should be.</exception>
internal static class MessageBodies
{
    public static List<Message> ReadMessages(ReadOnlySpan<byte> request, out bool reconcile)
    {
        var body = new PeerReader(request);
        byte flags = body.Byte();
        if ((flags & ~MessageProtocol.Reconcile) != 0)
            throw new MalformedPeerBodyException(0, $"there are no flags {flags}");
        reconcile = flags != 0;
        int count = body.Count();
        var messages = new List<Message>(Math.Min(count, MessageProtocol.MaxMessages));
        for (int i = 0; i < count; i++)
            messages.Add(MessageEntry.Read(ref body));
        body.End();
        return messages;
    }

    public static void WriteReports(PeerWriter body, IReadOnlyList<DeliveryReport> reports)
    {
        body.Int(reports.Count);
        foreach (DeliveryReport report in reports)
            body.Int(report.Connections);
    }

    /// <param name="answer">What stands behind <see cref="MessageProtocol.Taken"/>.</param>
    /// <param name="expected">How many messages want a report.</param>
    public static int[] ReadReports(ReadOnlySpan<byte> answer, int expected)
    {
        var body = new PeerReader(answer);
        int count = body.Count();
        if (count != expected)
            throw new MalformedPeerBodyException(0, $"{count} reports were sent, {expected} asked for");
        int[] connections = new int[count];
        for (int i = 0; i < count; i++)
            connections[i] = body.Int() is >= 0 and var written ? written : throw new MalformedPeerBodyException(0, "a number of connections is negative");
        body.End();
        return connections;
    }
}
