using PushNode.Messages;
using PushNode.Peers;
using PushNode.Storage.Cursors;

namespace PushNode.Storage.Remote;

/// <summary>Reads what other nodes ask the store, within the bounds of <see cref="StoreProtocol"/>.</summary>
/// <exception cref="MalformedPeerBodyException">Every member throws it when the body is not what it should be, or asks for too much.</exception>
internal static class StoreRequests
{
    public static List<PageAsk> ReadPages(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        int count = ReadCount(ref body, StoreProtocol.MaxPages);
        var asks = new List<PageAsk>(count);
        for (int i = 0; i < count; i++)
            asks.Add(new PageAsk(ReadChannel(ref body), ReadNumber(ref body), body.Int()));
        body.End();
        return asks;
    }

    public static (Channel Channel, long Seq) ReadFind(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        (Channel, long) asked = (ReadChannel(ref body), ReadNumber(ref body));
        body.End();
        return asked;
    }

    public static List<Channel> ReadChannels(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        List<Channel> channels = ReadChannels(ref body, StoreProtocol.MaxChannels);
        body.End();
        return channels;
    }

    public static List<CursorAsk> ReadCursorAsks(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        int left = StoreProtocol.MaxChannels;
        int count = ReadCount(ref body, StoreProtocol.MaxChannels);
        var asks = new List<CursorAsk>(count);
        for (int i = 0; i < count; i++)
        {
            var ask = new CursorAsk(ReadUser(ref body), ReadDevice(ref body), ReadChannels(ref body, left));
            left -= ask.Channels.Count;
            asks.Add(ask);
        }

        body.End();
        return asks;
    }

    public static (string Epoch, List<CursorMove> Moves) ReadMoves(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        string epoch = body.Text();
        int count = ReadCount(ref body, StoreProtocol.MaxMoves);
        var moves = new List<CursorMove>(count);
        for (int i = 0; i < count; i++)
            moves.Add(new CursorMove(new CursorKey(ReadUser(ref body), ReadDevice(ref body), ReadChannel(ref body)), ReadNumber(ref body)));
        body.End();
        return (epoch, moves);
    }

    public static (Channel Channel, int Limit) ReadDevices(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        (Channel, int) asked = (ReadChannel(ref body), body.Int());
        body.End();
        return asked;
    }

    public static string ReadRevocations(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        string after = body.Text();
        body.End();
        return after;
    }

    public static (string UserId, long Before) ReadRevoke(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        (string, long) revoked = (ReadUser(ref body), ReadNumber(ref body));
        body.End();
        return revoked;
    }

    public static string ReadUser(ref PeerReader body) =>
        body.Text() is var user && Names.IsId(user) ? user : throw new MalformedPeerBodyException(0, "a user id is none");

    public static string ReadDevice(ref PeerReader body) =>
        body.Text() is var device && Names.IsWord(device) ? device : throw new MalformedPeerBodyException(0, "a device is none");

    /// <summary>A number that is never negative: a seq, or a time.</summary>
    public static long ReadNumber(ref PeerReader body) =>
        body.Long() is >= 0 and var number ? number : throw new MalformedPeerBodyException(0, "a number is negative");

    private static Channel ReadChannel(ref PeerReader body) =>
        Channel.TryParse(body.Text(), out Channel channel) ? channel : throw new MalformedPeerBodyException(0, "a channel is none");

    private static List<Channel> ReadChannels(ref PeerReader body, int max)
    {
        int count = ReadCount(ref body, max);
        var channels = new List<Channel>(count);
        for (int i = 0; i < count; i++)
            channels.Add(ReadChannel(ref body));
        return channels;
    }

    private static int ReadCount(ref PeerReader body, int max) =>
        body.Count() is var count && count <= max ? count : throw new MalformedPeerBodyException(0, $"{count} are asked for, {max} at most can be");
}
