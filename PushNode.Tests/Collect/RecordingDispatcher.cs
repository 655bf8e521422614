using System.Collections.Concurrent;
using PushNode.Dispatch;
using PushNode.Messages;

namespace PushNode.Tests.Collect;

/// <summary>Remembers what was dispatched; can be made to report, to wait or to throw.</summary>
internal sealed class RecordingDispatcher : IDispatcher
{
    private readonly ConcurrentQueue<Message> dispatched = new();

    public IReadOnlyCollection<Message> Dispatched => dispatched;

    /// <summary>How many connections each message is reported as written to; null for no report.</summary>
    public int? Connections { get; set; }

    public bool Throws { get; set; }

    public TaskCompletionSource? Gate { get; set; }

    public async ValueTask DispatchAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        foreach (Message message in batch)
        {
            // The frame is there by now; reading it fails the test if it is not.
            Assert.That(message.Frame.IsEmpty, Is.False);
            dispatched.Enqueue(message);
            if (Connections is { } connections)
                message.Report?.Add(connections);
        }

        if (Gate is { } gate)
            await gate.Task.WaitAsync(cancellationToken);
        if (Throws)
            throw new InvalidOperationException("dispatch failed");
    }

    public ValueTask<NodeAnswers<IReadOnlyList<ConnectionDetails>>> FindConnectionsAsync(string userId, CancellationToken cancellationToken) => new(new NodeAnswers<IReadOnlyList<ConnectionDetails>>([], []));

    public ValueTask<NodeAnswers<int>> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken) => new(new NodeAnswers<int>(0, []));

    public ValueTask<IReadOnlyList<string>> AnnounceRevocationAsync(string userId, long before, CancellationToken cancellationToken) => new([]);
}
