namespace PushNode.Push;

/// <summary>
/// Whose turn it is to have the route written again, so that none lapses: everything held once in <see cref="PushOptions.RouteRefresh"/>, evenly spread. The
/// round goes a quarter faster than that: as channels become many, some are moved to a place in it that has its turn later than their old one.
/// </summary>
internal sealed class RouteRefresh(HeldChannels channels, PushOptions options, TimeProvider time)
{
    /// <summary>A node that was stopped for a while makes up for this much at once; the routes that have lapsed meanwhile are written otherwise.</summary>
    private static readonly TimeSpan MaxStep = TimeSpan.FromSeconds(2);

    private const double Haste = 1.25;

    private IEnumerator<ChannelFeed> round = Enumerable.Empty<ChannelFeed>().GetEnumerator();
    private long last = time.GetTimestamp();
    private double due;

    /// <summary>Those whose turn has come since the last call.</summary>
    public List<ChannelFeed> Take()
    {
        long now = time.GetTimestamp();
        TimeSpan step = time.GetElapsedTime(last, now);
        last = now;
        // By how many there are now: as they grow in number a round does not grow longer.
        due += channels.Count * Haste * (Min(step, MaxStep) / options.RouteRefresh);
        var taken = new List<ChannelFeed>((int)due);
        bool anew = false;
        while (due >= 1)
        {
            if (round.MoveNext())
            {
                taken.Add(round.Current);
                due--;
            }
            else if (anew)
            {
                due = 0;
            }
            else
            {
                anew = true;
                round.Dispose();
                round = channels.Feeds.GetEnumerator();
            }
        }

        return taken;
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
