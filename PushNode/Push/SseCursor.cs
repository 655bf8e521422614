using System.Globalization;
using System.Text;
using PushNode.Messages;

namespace PushNode.Push;

/// <summary>
/// The event id of an SSE stream: one opaque cursor for all of its channels, so that the browser's <c>Last-Event-ID</c> resumes them all. Written as
/// <c>epoch~own~all~topic:seq~…</c>.
/// </summary>
internal static class SseCursor
{
    private const char Separator = '~';

    /// <summary>The cursor of a stream whose subscriptions stand where they stand, with one of them at <paramref name="seq"/>.</summary>
    public static string Write(string epoch, ReadOnlySpan<Subscription> subscriptions, Subscription moved, long seq)
    {
        long own = 0;
        long all = 0;
        var topics = new StringBuilder();
        foreach (Subscription subscription in subscriptions)
        {
            long position = subscription == moved ? seq : subscription.Position;
            switch (subscription.Channel.Kind)
            {
                case ChannelKind.User:
                    own = position;
                    break;
                case ChannelKind.All:
                    all = position;
                    break;
                default:
                    topics.Append(CultureInfo.InvariantCulture, $"{Separator}{subscription.Channel.Subject}:{position}");
                    break;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{epoch}{Separator}{own}{Separator}{all}{topics}");
    }

    /// <summary>Lets the request resume from a cursor; false when it is none.</summary>
    public static bool TryApply(string cursor, ConnectRequest request)
    {
        string[] parts = cursor.Split(Separator);
        if (parts.Length < 3 || !Names.IsWord(parts[0]) || !Message.TryParseSeq(parts[1], out long own) || !Message.TryParseSeq(parts[2], out long all))
            return false;

        var topics = new Dictionary<string, long>();
        foreach (string part in parts.AsSpan(3))
        {
            int colon = part.IndexOf(':');
            if (colon < 0 || !Names.IsWord(part.AsSpan(0, colon)) || !Message.TryParseSeq(part.AsSpan(colon + 1), out long seq))
                return false;
            topics[part[..colon]] = seq;
        }

        request.Resume(parts[0], own, all, topics);
        return true;
    }
}
