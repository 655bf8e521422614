using System.Collections.Concurrent;
using PushNode.Messages;

namespace PushNode.Storage.Journal.State;

/// <summary>Every device's cursors, in memory, and which of them have not been written yet.</summary>
/// <param name="maxPerUser">How many are kept for one user; past it the one moved longest ago is forgotten.</param>
internal sealed class CursorTable(int maxPerUser)
{
    private readonly ConcurrentDictionary<string, UserCursors> users = new();
    private readonly SharedNames names = new();
    private readonly Lock dirtying = new();
    private List<UserCursors> dirty = [];

    /// <summary>Moves a cursor, forward only.</summary>
    public void Move(string userId, string device, Channel channel, long seq)
    {
        UserCursors cursors = users.GetOrAdd(userId, static id => new UserCursors(id));
        bool isDirty = cursors.Move(device, cursors.KeyOf(channel), seq, maxPerUser, names, out bool forgotten);
        if (forgotten)
            StorageMetrics.CursorsForgotten.Add(1);
        if (!isDirty)
            return;
        lock (dirtying)
            dirty.Add(cursors);
    }

    /// <summary>Puts a cursor that was read from the state log in its place; the key is the channel as <see cref="UserCursors.KeyOf"/> has it.</summary>
    public void Restore(string userId, string device, string key, long seq) =>
        users.GetOrAdd(userId, static id => new UserCursors(id)).Restore(device, key, seq, maxPerUser, names);

    public long? Find(string userId, string device, Channel channel) =>
        users.TryGetValue(userId, out UserCursors? cursors) ? cursors.Find(device, cursors.KeyOf(channel)) : null;

    /// <summary>The devices with a cursor in the channel. A user's own is one lookup; any other is a walk over all users.</summary>
    public List<DeviceCursor> List(Channel channel, int limit)
    {
        var found = new List<DeviceCursor>();
        if (channel.Kind == ChannelKind.User)
        {
            if (users.TryGetValue(channel.Subject.ToString(), out UserCursors? cursors))
                cursors.List(cursors.KeyOf(channel), limit, found);
            return found;
        }

        foreach ((_, UserCursors cursors) in users)
        {
            if (found.Count >= limit)
                break;
            cursors.List(channel.Name, limit, found);
        }

        return found;
    }

    /// <summary>The users with cursors that are not written yet; from now on it is up to the caller to write them.</summary>
    public IReadOnlyList<UserCursors> TakeDirty()
    {
        lock (dirtying)
        {
            if (dirty.Count == 0)
                return [];
            List<UserCursors> taken = dirty;
            dirty = [];
            return taken;
        }
    }

    /// <summary>Every cursor, as records; they count as written from now on.</summary>
    public IEnumerable<StateRecord> TakeAll() => users.Values.SelectMany(static cursors => cursors.Take(all: true));

    /// <summary>The cursors there are belong to an earlier epoch from now on.</summary>
    public void Outdate()
    {
        foreach ((_, UserCursors cursors) in users)
            cursors.Outdate();
    }

    /// <summary>Lowers cursors that are above their channel's head: the store has lost what they acknowledged.</summary>
    public void Clamp(JournalIndex index)
    {
        foreach ((_, UserCursors cursors) in users)
            cursors.Clamp(index);
    }
}
