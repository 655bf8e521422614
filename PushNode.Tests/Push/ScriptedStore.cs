using System.Collections.Concurrent;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Tests.Push;

/// <summary>A store as a push node sees it: what it has is put in by the test, and it can be away or slow.</summary>
internal sealed class ScriptedStore : IMessageStore
{
    private readonly ConcurrentDictionary<string, List<Message>> channels = [];
    private readonly ConcurrentDictionary<string, long> revocations = [];
    private readonly ConcurrentQueue<string> moved = [];
    private int headReads;
    private int loads;
    private volatile bool away;

    public string Epoch { get; set; } = "e1";

    public string? Trouble => null;

    public bool IsAway
    {
        get => away;
        set => away = value;
    }

    /// <summary>What the answer with heads waits for.</summary>
    public TaskCompletionSource? HeadGate { get; set; }

    /// <summary>How often heads were asked for.</summary>
    public int HeadReads => Volatile.Read(ref headReads);

    /// <summary>How often the revocations were asked for.</summary>
    public int Loads => Volatile.Read(ref loads);

    /// <summary>The cursors moved: <c>user/device/channel=seq</c>.</summary>
    public string[] Moved => [.. moved];

    /// <summary>A stored message.</summary>
    public static Message Stored(Channel channel, long seq)
    {
        var message = new Message(channel, $"m{seq}", 0, long.MaxValue, null, "1"u8);
        message.Accept(seq);
        return message;
    }

    /// <summary>Stores the next message of a channel.</summary>
    public Message Store(Channel channel)
    {
        List<Message> stored = channels.GetOrAdd(channel.Name, _ => []);
        lock (stored)
        {
            Message message = Stored(channel, stored.Count + 1);
            stored.Add(message);
            return message;
        }
    }

    /// <summary>Everything is gone, as after the restoring of an older copy.</summary>
    public void LoseAll() => channels.Clear();

    public void Revoke(string userId, long before) => revocations[userId] = before;

    public ValueTask<MessagePage> ReadAsync(Channel channel, long after, int maxBytes, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        Message[] all = All(channel);
        return new(new MessagePage([.. all.Where(m => m.Seq > after)], all.Length, all.Length));
    }

    public async ValueTask<long[]> ReadHeadsAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref headReads);
        ThrowIfAway();
        long[] heads = [.. channels.Select(c => (long)All(c).Length)];
        if (HeadGate is { } gate)
            await gate.Task.WaitAsync(cancellationToken);
        return heads;
    }

    public ValueTask<long?[]> ReadCursorsAsync(string userId, string device, IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        return new(new long?[channels.Count]);
    }

    public void MoveCursor(string userId, string device, Channel channel, long seq, string epoch)
    {
        if (epoch == Epoch)
            moved.Enqueue($"{userId}/{device}/{channel}={seq}");
    }

    public Task SaveCursorsAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask<IReadOnlyList<KeyValuePair<string, long>>> ListRevocationsAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref loads);
        ThrowIfAway();
        return new(revocations.ToArray());
    }

    public ValueTask RevokeAsync(string userId, long before, CancellationToken cancellationToken)
    {
        Revoke(userId, before);
        return ValueTask.CompletedTask;
    }

    public ValueTask AppendAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Message?> FindAsync(Channel channel, long seq, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<DeviceCursor>> ListCursorsAsync(Channel channel, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    private Message[] All(Channel channel)
    {
        if (!channels.TryGetValue(channel.Name, out List<Message>? stored))
            return [];
        lock (stored)
            return [.. stored];
    }

    private void ThrowIfAway()
    {
        if (IsAway)
            throw new StoreUnavailableException("the store is away");
    }
}
