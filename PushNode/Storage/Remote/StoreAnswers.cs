using PushNode.Messages;
using PushNode.Peers;
using PushNode.Storage.Cursors;

namespace PushNode.Storage.Remote;

/// <summary>Reads what the store answers, and holds it against what was asked.</summary>
/// <exception cref="MalformedPeerBodyException">Every member throws it when the answer is none.</exception>
internal static class StoreAnswers
{
    /// <summary>Pages for the first of those asked for, at least one.</summary>
    public static MessagePage[] Pages(ref PeerReader answer, IReadOnlyList<PageAsk> asks)
    {
        var pages = new List<MessagePage>(asks.Count);
        while (answer.Flag())
        {
            if (pages.Count == asks.Count)
                throw new MalformedPeerBodyException(0, "there are more pages than were asked for");
            pages.Add(Page(ref answer, asks[pages.Count]));
        }

        return pages.Count > 0 || asks.Count == 0 ? [.. pages] : throw new MalformedPeerBodyException(0, "there is no page");
    }

    public static Message? Find(ref PeerReader answer, Channel channel, long seq)
    {
        if (!answer.Flag())
            return null;
        Message found = MessageEntry.Read(ref answer);
        return found.Channel == channel && found.Seq == seq ? found : throw new MalformedPeerBodyException(0, "it is another message");
    }

    public static long[][] Heads(ref PeerReader answer, IReadOnlyList<IReadOnlyList<Channel>> asks)
    {
        long[][] all = new long[asks.Count][];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = new long[asks[i].Count];
            for (int k = 0; k < all[i].Length; k++)
                all[i][k] = StoreRequests.ReadNumber(ref answer);
        }

        return all;
    }

    public static long?[][] Cursors(ref PeerReader answer, IReadOnlyList<CursorAsk> asks)
    {
        long?[][] all = new long?[asks.Count][];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = new long?[asks[i].Channels.Count];
            for (int k = 0; k < all[i].Length; k++)
                all[i][k] = answer.Flag() ? StoreRequests.ReadNumber(ref answer) : null;
        }

        return all;
    }

    public static List<DeviceCursor> Devices(ref PeerReader answer)
    {
        int count = answer.Count();
        var devices = new List<DeviceCursor>();
        for (int i = 0; i < count; i++)
            devices.Add(new DeviceCursor(StoreRequests.ReadUser(ref answer), StoreRequests.ReadDevice(ref answer), StoreRequests.ReadNumber(ref answer)));
        return devices;
    }

    /// <summary>Some revocations, and whether there are more.</summary>
    public static (List<KeyValuePair<string, long>> Part, bool More) Revocations(ref PeerReader answer)
    {
        int count = answer.Count();
        var part = new List<KeyValuePair<string, long>>();
        for (int i = 0; i < count; i++)
            part.Add(KeyValuePair.Create(StoreRequests.ReadUser(ref answer), StoreRequests.ReadNumber(ref answer)));
        bool more = answer.Flag();
        return !more || count > 0 ? (part, more) : throw new MalformedPeerBodyException(0, "there are more of nothing");
    }

    private static MessagePage Page(ref PeerReader answer, in PageAsk ask)
    {
        long through = StoreRequests.ReadNumber(ref answer);
        long head = StoreRequests.ReadNumber(ref answer);
        int count = answer.Count();
        var messages = new List<Message>();
        long last = ask.After;
        for (int i = 0; i < count; i++)
        {
            Message message = MessageEntry.Read(ref answer);
            if (message.Channel != ask.Channel || message.Seq <= last)
                throw new MalformedPeerBodyException(0, "a page has a message that does not belong there");
            last = message.Seq;
            messages.Add(message);
        }

        return count == 0 || last <= through ? new MessagePage(messages, through, head) : throw new MalformedPeerBodyException(0, "a page goes beyond its end");
    }
}
