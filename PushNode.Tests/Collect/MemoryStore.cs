using System.Collections.Concurrent;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Tests.Collect;

/// <summary>Numbers messages in memory; can be made to wait, to fail or to throw.</summary>
internal sealed class MemoryStore : IMessageStore
{
    private readonly Dictionary<Channel, List<Message>> channels = [];
    private readonly ConcurrentQueue<int> batches = new();

    public string Epoch => "e";

    public string? Trouble => Fails ? "out of order" : null;

    /// <summary>The sizes of the batches so far.</summary>
    public IReadOnlyCollection<int> Batches => batches;

    public List<DeviceCursor> Cursors { get; } = [];

    /// <summary>What every append waits for.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>Appends in progress or done.</summary>
    public int Appends { get; private set; }

    /// <summary>How often it was asked to let more come.</summary>
    public int Rests { get; private set; }

    public bool Fails { get; set; }

    public Func<Exception>? Throws { get; set; }

    public ValueTask RestAsync()
    {
        Rests++;
        return ValueTask.CompletedTask;
    }

    public async ValueTask AppendAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        Appends++;
        batches.Enqueue(batch.Count);
        if (Gate is { } gate)
            await gate.Task.WaitAsync(cancellationToken);
        if (Throws is { } exception)
            throw exception();
        foreach (Message message in batch)
            Append(message);
    }

    public ValueTask<Message?> FindAsync(Channel channel, long seq, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        lock (channels)
            return new(channels.TryGetValue(channel, out List<Message>? stored) && seq <= stored.Count ? stored[(int)seq - 1] : null);
    }

    public ValueTask<IReadOnlyList<DeviceCursor>> ListCursorsAsync(Channel channel, int limit, CancellationToken cancellationToken) =>
        new(Cursors.Take(limit).ToList());

    /// <summary>The data of a channel's messages, in seq order.</summary>
    public string[] Read(Channel channel)
    {
        lock (channels)
            return [.. channels.GetValueOrDefault(channel, []).Select(static m => System.Text.Encoding.UTF8.GetString(m.Data.Span))];
    }

    public Message Find(Channel channel, int seq)
    {
        lock (channels)
            return channels[channel][seq - 1];
    }

    public ValueTask<MessagePage> ReadAsync(Channel channel, long after, int maxBytes, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<long[]> ReadHeadsAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<long?[]> ReadCursorsAsync(string userId, string device, IReadOnlyList<Channel> channels, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public void MoveCursor(string userId, string device, Channel channel, long seq, string epoch) => throw new NotSupportedException();

    public ValueTask RevokeAsync(string userId, long before, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<KeyValuePair<string, long>>> ListRevocationsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    private void Append(Message message)
    {
        if (Fails)
        {
            message.Fail();
            return;
        }

        lock (channels)
        {
            if (!channels.TryGetValue(message.Channel, out List<Message>? stored))
                channels.Add(message.Channel, stored = []);
            int first = message.HasProducerId ? stored.FindIndex(m => m.Id == message.Id) : -1;
            if (first >= 0)
            {
                message.Repeat(first + 1);
                return;
            }

            stored.Add(message);
            message.Accept(stored.Count);
        }
    }

    private void ThrowIfAway()
    {
        if (Fails)
            throw new StoreUnavailableException("away");
    }

    public Task SaveCursorsAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
