using System.Collections.Concurrent;
using PushNode.Messages;
using PushNode.Push;

namespace PushNode.Tests.Dispatch;

/// <summary>What delivers on a push node: remembers what it was brought and asked; can be made to wait, and to report late or not at all.</summary>
internal sealed class RecordingDelivery : IDelivery, IReconcile
{
    private readonly ConcurrentQueue<Message> delivered = new();
    private readonly ConcurrentQueue<int> requests = new();
    private long count;
    private int reconciled;

    /// <summary>False: it counts them only.</summary>
    public bool KeepsMessages { get; set; } = true;

    /// <summary>How many messages it was brought.</summary>
    public long Count => Volatile.Read(ref count);

    public IReadOnlyCollection<Message> Delivered => delivered;

    public IEnumerable<long> Seqs => delivered.Select(static m => m.Seq);

    /// <summary>How many messages each request brought.</summary>
    public IReadOnlyCollection<int> Requests => requests;

    public int Reconciled => Volatile.Read(ref reconciled);

    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Who did not answer, it says.</summary>
    public string[] Unanswered { get; set; } = [];

    /// <summary>Messages are taken when it is done; null: at once.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>How many connections each message is reported as written to; null: not reported.</summary>
    public int? Connections { get; set; } = 1;

    public async ValueTask DeliverAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        requests.Enqueue(batch.Count);
        Interlocked.Add(ref count, batch.Count);
        foreach (Message message in KeepsMessages ? batch : [])
            delivered.Enqueue(message);
        if (Gate is { } gate)
            await gate.Task.WaitAsync(cancellationToken);
        foreach (Message message in batch)
        {
            if (Connections is { } connections)
                message.Report?.Add(connections);
        }
    }

    public ValueTask<NodeAnswers<IReadOnlyList<ConnectionDetails>>> FindConnectionsAsync(string userId, CancellationToken cancellationToken)
    {
        Asked.Enqueue($"find {userId}");
        return new(new NodeAnswers<IReadOnlyList<ConnectionDetails>>([new ConnectionDetails("c1", "n1", "phone", "websocket", 1_795_000_000_000), new ConnectionDetails("c2", "n1", "default", "sse", 5)], Unanswered));
    }

    public ValueTask<NodeAnswers<int>> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken)
    {
        Asked.Enqueue($"disconnect {userId} {device ?? "everywhere"}");
        return new(new NodeAnswers<int>(2, Unanswered));
    }

    public ValueTask<IReadOnlyList<string>> RevokeAsync(string userId, long before, CancellationToken cancellationToken)
    {
        Asked.Enqueue($"revoke {userId} {before}");
        return new(Unanswered);
    }

    public void Start() => Interlocked.Increment(ref reconciled);
}
