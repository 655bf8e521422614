using PushNode.Messages;
using PushNode.Peers;
using PushNode.Storage.Cursors;

namespace PushNode.Storage.Remote;

/// <summary>Writes what the store is asked; <see cref="StoreRequests"/> reads it.</summary>
internal static class StoreQuestions
{
    public static PeerWriter Pages(IReadOnlyList<PageAsk> asks)
    {
        var body = new PeerWriter();
        body.Int(asks.Count);
        foreach (PageAsk ask in asks)
        {
            body.Text(ask.Channel.Name);
            body.Long(ask.After);
            body.Int(ask.MaxBytes);
        }

        return body;
    }

    public static PeerWriter Find(Channel channel, long seq)
    {
        var body = new PeerWriter();
        body.Text(channel.Name);
        body.Long(seq);
        return body;
    }

    public static PeerWriter Heads(IReadOnlyList<IReadOnlyList<Channel>> asks)
    {
        var body = new PeerWriter();
        body.Int(asks.Sum(static a => a.Count));
        foreach (IReadOnlyList<Channel> channels in asks)
        {
            foreach (Channel channel in channels)
                body.Text(channel.Name);
        }

        return body;
    }

    public static PeerWriter Cursors(IReadOnlyList<CursorAsk> asks)
    {
        var body = new PeerWriter();
        body.Int(asks.Count);
        foreach (CursorAsk ask in asks)
        {
            body.Text(ask.UserId);
            body.Text(ask.Device);
            body.Int(ask.Channels.Count);
            foreach (Channel channel in ask.Channels)
                body.Text(channel.Name);
        }

        return body;
    }

    public static PeerWriter Moves(in CursorChunk chunk)
    {
        var body = new PeerWriter();
        body.Text(chunk.Epoch);
        body.Int(chunk.Moves.Count);
        foreach (CursorMove move in chunk.Moves)
        {
            body.Text(move.Key.UserId);
            body.Text(move.Key.Device);
            body.Text(move.Key.Channel.Name);
            body.Long(move.Seq);
        }

        return body;
    }

    public static PeerWriter Devices(Channel channel, int limit)
    {
        var body = new PeerWriter();
        body.Text(channel.Name);
        body.Int(limit);
        return body;
    }

    public static PeerWriter Revocations(string after)
    {
        var body = new PeerWriter();
        body.Text(after);
        return body;
    }

    public static PeerWriter Revoke(string userId, long before)
    {
        var body = new PeerWriter();
        body.Text(userId);
        body.Long(before);
        return body;
    }
}
