using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>What is asked about users and answered: of a push node about its own connections, of a dispatch node about those of every node.</summary>
/// <exception cref="MalformedPeerBodyException">Every reading member throws it when the body is not what it should be.</exception>
internal static class UserProtocol
{
    public const string DeliverConnections = "/deliver/connections";
    public const string DeliverDisconnect = "/deliver/disconnect";
    public const string DeliverRevoked = "/deliver/revoked";
    public const string DispatchConnections = "/dispatch/connections";
    public const string DispatchDisconnect = "/dispatch/disconnect";
    public const string DispatchRevoked = "/dispatch/revoked";

    public static PeerWriter User(string userId)
    {
        var body = new PeerWriter();
        body.Text(userId);
        return body;
    }

    public static string ReadUser(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        string userId = ReadUser(ref body);
        body.End();
        return userId;
    }

    public static PeerWriter Connections(NodeAnswers<IReadOnlyList<ConnectionDetails>> found)
    {
        var body = new PeerWriter();
        body.Int(found.Known.Count);
        foreach (ConnectionDetails connection in found.Known)
        {
            body.Text(connection.Id);
            body.Text(connection.Node);
            body.Text(connection.Device);
            body.Text(connection.Transport);
            body.Long(connection.Since);
        }

        WriteAddresses(body, found.Unanswered);
        return body;
    }

    public static NodeAnswers<IReadOnlyList<ConnectionDetails>> ReadConnections(ReadOnlySpan<byte> answer)
    {
        var body = new PeerReader(answer);
        int count = body.Count();
        var connections = new List<ConnectionDetails>();
        for (int i = 0; i < count; i++)
            connections.Add(new ConnectionDetails(body.Text(), body.Text(), body.Text(), body.Text(), body.Long()));
        IReadOnlyList<string> unanswered = ReadAddresses(ref body);
        body.End();
        return new(connections, unanswered);
    }

    public static PeerWriter Disconnect(string userId, string? device)
    {
        PeerWriter body = User(userId);
        body.Flag(device is not null);
        if (device is not null)
            body.Text(device);
        return body;
    }

    public static (string UserId, string? Device) ReadDisconnect(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        string userId = ReadUser(ref body);
        string? device = body.Flag() ? body.Text() : null;
        body.End();
        return device is null || Names.IsWord(device) ? (userId, device) : throw new MalformedPeerBodyException(0, "a device is none");
    }

    public static PeerWriter Disconnected(NodeAnswers<int> closed)
    {
        var body = new PeerWriter();
        body.Int(closed.Known);
        WriteAddresses(body, closed.Unanswered);
        return body;
    }

    public static NodeAnswers<int> ReadDisconnected(ReadOnlySpan<byte> answer)
    {
        var body = new PeerReader(answer);
        int connections = body.Int();
        IReadOnlyList<string> unanswered = ReadAddresses(ref body);
        body.End();
        return connections >= 0 ? new(connections, unanswered) : throw new MalformedPeerBodyException(0, "a number of connections is negative");
    }

    public static PeerWriter Revoked(IReadOnlyCollection<KeyValuePair<string, long>> voidBefore)
    {
        var body = new PeerWriter();
        body.Int(voidBefore.Count);
        foreach ((string userId, long before) in voidBefore)
        {
            body.Text(userId);
            body.Long(before);
        }

        return body;
    }

    public static IReadOnlyList<KeyValuePair<string, long>> ReadRevoked(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        int count = body.Count();
        var voidBefore = new List<KeyValuePair<string, long>>();
        for (int i = 0; i < count; i++)
            voidBefore.Add(KeyValuePair.Create(ReadUser(ref body), body.Long()));
        body.End();
        return voidBefore;
    }

    /// <summary>The addresses of the nodes that have not been told.</summary>
    public static PeerWriter Untold(IReadOnlyCollection<string> addresses)
    {
        var body = new PeerWriter();
        WriteAddresses(body, addresses);
        return body;
    }

    public static IReadOnlyList<string> ReadUntold(ReadOnlySpan<byte> answer)
    {
        var body = new PeerReader(answer);
        IReadOnlyList<string> addresses = ReadAddresses(ref body);
        body.End();
        return addresses;
    }

    private static void WriteAddresses(PeerWriter body, IReadOnlyCollection<string> addresses)
    {
        body.Int(addresses.Count);
        foreach (string address in addresses)
            body.Text(address);
    }

    private static IReadOnlyList<string> ReadAddresses(ref PeerReader body)
    {
        string[] addresses = new string[body.Count()];
        for (int i = 0; i < addresses.Length; i++)
            addresses[i] = body.Text();
        return addresses;
    }

    private static string ReadUser(ref PeerReader body) =>
        body.Text() is var userId && Names.IsId(userId) ? userId : throw new MalformedPeerBodyException(0, "a user id is none");
}
