using PushNode.Messages;

namespace PushNode.Storage.Journal.State;

/// <summary>
/// One user's cursors: a small array, the one moved last in front. When it is full that one takes the place of the one moved longest ago. It locks itself, as
/// there may be millions.
/// </summary>
internal sealed class UserCursors(string userId)
{
    /// <summary>In the place of a seq: below every seq, so that the cursor moves on from it.</summary>
    private const long Outdated = -1;

    private Cursor[] cursors = [];
    private int count;
    private bool dirty;

    /// <summary>How the channel is noted here: empty for the user's own, which is the most frequent, else its name.</summary>
    public string KeyOf(Channel channel) => channel.Kind == ChannelKind.User && channel.Subject.SequenceEqual(userId) ? "" : channel.Name;

    /// <summary>Moves a cursor forward. True when the user has just become one with something to write.</summary>
    /// <param name="device">Whose cursor.</param>
    /// <param name="key">The channel, as <see cref="KeyOf"/> has it.</param>
    /// <param name="seq">Where to.</param>
    /// <param name="max">How many cursors the user may have.</param>
    /// <param name="names">Strings that many share.</param>
    /// <param name="forgotten">Whether another cursor was forgotten for it.</param>
    public bool Move(string device, string key, long seq, int max, SharedNames names, out bool forgotten)
    {
        lock (this)
        {
            if (!Set(new Cursor(device, key, seq, Written: false), max, names, out forgotten) || dirty)
                return false;
            dirty = true;
            return true;
        }
    }

    /// <summary>Sets a cursor that was read from the state log.</summary>
    public void Restore(string device, string key, long seq, int max, SharedNames names)
    {
        lock (this)
            Set(new Cursor(device, key, seq, Written: true), max, names, out _);
    }

    public long? Find(string device, string key)
    {
        lock (this)
        {
            int i = IndexOf(device, key);
            return i < 0 ? null : cursors[i].Seq == Outdated ? DeviceCursor.OfEarlierEpoch : cursors[i].Seq;
        }
    }

    public void List(string key, int limit, List<DeviceCursor> target)
    {
        lock (this)
        {
            for (int i = 0; i < count && target.Count < limit; i++)
            {
                if (cursors[i].Key == key && cursors[i].Seq != Outdated)
                    target.Add(new DeviceCursor(userId, cursors[i].Device, cursors[i].Seq));
            }
        }
    }

    /// <summary>The cursors that are not written yet, or all of them; they count as written from now on.</summary>
    public List<StateRecord> Take(bool all)
    {
        lock (this)
        {
            var records = new List<StateRecord>();

            // The one moved last goes last, so that reading them in order restores the order.
            for (int i = count - 1; i >= 0; i--)
            {
                ref Cursor cursor = ref cursors[i];
                if (all || !cursor.Written)
                    records.Add(new StateRecord(StateKind.Cursor, cursor.Seq, userId, cursor.Device, cursor.Key));
                cursor = cursor with { Written = true };
            }

            dirty = false;
            return records;
        }
    }

    /// <summary>They are of an earlier epoch; the record of the new one says so to whoever reads the log, so they need not be written.</summary>
    public void Outdate()
    {
        lock (this)
        {
            for (int i = 0; i < count; i++)
                cursors[i] = cursors[i] with { Seq = Outdated };
        }
    }

    public void Clamp(JournalIndex index)
    {
        lock (this)
        {
            for (int i = 0; i < count; i++)
            {
                string channel = cursors[i].Key.Length == 0 ? Channel.User(userId).Name : cursors[i].Key;
                long head = index.Find(channel)?.Head ?? 0;
                if (cursors[i].Seq > head)
                    cursors[i] = cursors[i] with { Seq = head };
            }
        }
    }

    private bool Set(Cursor cursor, int max, SharedNames names, out bool forgotten)
    {
        int i = IndexOf(cursor.Device, cursor.Key);
        forgotten = i < 0 && count >= max;
        if (i >= 0 && cursors[i].Seq >= cursor.Seq)
            return false;
        if (i < 0)
        {
            if (!forgotten)
                count++;
            if (count > cursors.Length)
                Array.Resize(ref cursors, Math.Min(max, Math.Max(1, cursors.Length * 2)));
            i = count - 1;
            cursor = cursor with { Device = names.Share(cursor.Device), Key = names.Share(cursor.Key) };
        }
        else
        {
            cursor = cursor with { Device = cursors[i].Device, Key = cursors[i].Key };
        }

        Array.Copy(cursors, 0, cursors, 1, i);
        cursors[0] = cursor;
        return true;
    }

    private int IndexOf(string device, string key)
    {
        for (int i = 0; i < count; i++)
        {
            if (cursors[i].Device == device && cursors[i].Key == key)
                return i;
        }

        return -1;
    }

    private readonly record struct Cursor(string Device, string Key, long Seq, bool Written);
}
