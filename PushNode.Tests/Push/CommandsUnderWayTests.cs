using System.IO.Pipelines;
using System.Text;
using PushNode.Auth;
using PushNode.Cluster;
using PushNode.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>A client whose command waits for the store: it is alive meanwhile, and seen to be.</summary>
internal sealed class CommandsUnderWayTests
{
    private static readonly TimeSpan AlmostTooLong = new PushOptions().HeartbeatTimeout - TimeSpan.FromSeconds(1);

    private readonly PushParts parts = new();
    private readonly ClientPipes pipes = new();
    private readonly StringBuilder sent = new();
    private readonly TaskCompletionSource storeAnswers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StreamWebSocket connection = null!;
    private Task running = Task.CompletedTask;

    [SetUp]
    public async Task SubscribeAsync()
    {
        TopicPatterns.TryCreate(["*"], out TopicPatterns topics, out _);
        var identity = new Identity("alice", 0, long.MaxValue, topics);
        var commands = new CommandHandler(parts.Get<Join>(), null!, parts.Get<Revocations>(), new PushOptions());
        connection = new StreamWebSocket(parts.Get<ConnectionServices>(), identity, new ConnectRequest(), pipes, commands);
        running = connection.RunAsync(CancellationToken.None);
        parts.Store.HeadGate = storeAnswers;
        await SendAsync(RawWebSocket.Text("""{"type":"subscribe","topic":"news"}"""));
        await Eventually.BecomesTrueAsync(() => parts.Store.HeadReads == 1, "the subscribe waits for the store");
    }

    [TearDown]
    public async Task EndAsync()
    {
        storeAnswers.TrySetResult();
        await pipes.FromClient.Writer.CompleteAsync();
        await Eventually.BecomesTrueAsync(() => running.IsCompleted, "the connection ends");
        await parts.Get<Join>().LeaveAsync(connection);
        await parts.DisposeAsync();
    }

    [Test]
    public async Task WhileASubscribeWaits_TheClientIsHeardAndAnswered()
    {
        for (int i = 0; i < 3; i++)
        {
            parts.Time.Advance(AlmostTooLong);
            await SendAsync(RawWebSocket.Frame(0x89, [(byte)('0' + i)]));
            await IsSentAsync($"\u008A\u0001{i}");
            connection.Beat();
        }

        Assert.That(connection.IsClosed, Is.False);
        parts.Time.Advance(AlmostTooLong * 2);
        connection.Beat();
        Assert.That(connection.IsClosed, "one that says nothing is not kept for it");
    }

    [Test]
    public async Task WhileASecondCommandWaitsForTheFirst_SilenceIsNotHeldAgainstTheClient_AndTheOrderIsKept()
    {
        await SendAsync(RawWebSocket.Text("""{"type":"subscribe","topic":"sports"}"""), RawWebSocket.Text("""{"type":"unsubscribe","topic":"news"}"""));
        await Eventually.BecomesTrueAsync(() => connection.IsHeldUp, "the second has been read");
        parts.Time.Advance(AlmostTooLong * 3);
        connection.Beat();
        Assert.That(connection.IsClosed, Is.False);

        parts.Store.HeadGate = null;
        storeAnswers.SetResult();
        await IsSentAsync("\"unsubscribed\"");
        connection.Beat();

        Assert.That(connection.IsClosed, Is.False);
        string answers = sent.ToString();
        Assert.That(
            (int[])[answers.IndexOf("\"news\",\"head\"", StringComparison.Ordinal), answers.IndexOf("\"sports\"", StringComparison.Ordinal), answers.IndexOf("\"unsubscribed\"", StringComparison.Ordinal)],
            Is.Ordered.Ascending.And.All.Not.Negative);
        parts.Time.Advance(AlmostTooLong * 2);
        connection.Beat();
        Assert.That(connection.IsClosed, "from then on it counts again");
    }

    [Test]
    public async Task ClientThatLeavesWhileItsSubscribeWaits_IsLetGo_WhenTheStoreHasAnswered_WithAllItHolds()
    {
        await pipes.FromClient.Writer.CompleteAsync();
        await Eventually.BecomesTrueAsync(() => connection.IsClosed, "it has left");
        Assert.That(running.IsCompleted, Is.False, "what it would take hold of then nobody would give back");

        storeAnswers.SetResult();
        await running;
        await parts.Get<Join>().LeaveAsync(connection);

        Assert.That(parts.Routes.Routes, Is.Empty);
    }

    private async Task SendAsync(params byte[][] frames)
    {
        foreach (byte[] frame in frames)
            await pipes.FromClient.Writer.WriteAsync(frame);
    }

    private Task IsSentAsync(string text) => Eventually.BecomesTrueAsync(
        () =>
        {
            if (pipes.ToClient.Reader.TryRead(out ReadResult read))
            {
                foreach (ReadOnlyMemory<byte> part in read.Buffer)
                    sent.Append(Encoding.Latin1.GetString(part.Span));
                pipes.ToClient.Reader.AdvanceTo(read.Buffer.End);
            }

            return sent.ToString().Contains(text, StringComparison.Ordinal);
        },
        $"it is sent {text}");

    private sealed class ClientPipes : IClientTransport
    {
        public Pipe FromClient { get; } = new();

        public Pipe ToClient { get; } = new();

        public PipeReader Input => FromClient.Reader;

        public PipeWriter Output => ToClient.Writer;

        public void Abort()
        {
        }
    }
}
