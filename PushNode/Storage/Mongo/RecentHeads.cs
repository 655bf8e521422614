using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Storage.Mongo;

/// <summary>
/// The heads of the channels this node has lately appended to. Bounded in number and in age; used by one at a time.
/// </summary>
internal sealed class RecentHeads(TimeProvider time)
{
    private const int MaxChannels = 50_000;

    private static readonly TimeSpan Generation = TimeSpan.FromMinutes(20);

    private Dictionary<string, long> young = new(StringComparer.Ordinal);
    private Dictionary<string, long> old = new(StringComparer.Ordinal);
    private Moment since = Moment.Now(time);
    private string? epoch;

    /// <summary>The channel's head when this node last knew it, not more than two hours ago; 0 when it does not know.</summary>
    public long Find(Channel channel) =>
        young.TryGetValue(channel.Name, out long seq) || old.TryGetValue(channel.Name, out seq) ? seq : 0;

    public void Note(Channel channel, long seq) => young[channel.Name] = seq;

    /// <summary>Forgets what is too old, too much, or of another epoch. To be called before each use.</summary>
    public void Tidy(string storeEpoch)
    {
        bool isOther = epoch != storeEpoch;
        TimeSpan age = since.Age(time);
        if (!isOther && age < Generation && young.Count < MaxChannels)
            return;
        old = isOther || age >= 2 * Generation ? new(StringComparer.Ordinal) : young;
        young = new(StringComparer.Ordinal);
        since = Moment.Now(time);
        epoch = storeEpoch;
    }
}
