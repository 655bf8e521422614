using System.Net.Sockets;
using System.Text;

namespace PushNode.Bench;

/// <summary>All producers of a run: sends at the rate, or as fast as answers (and with <c>in flight</c>, deliveries) come, and keeps what was promised.</summary>
internal sealed class Publisher : IDisposable
{
    private readonly Audience audience;
    private readonly BenchClock clock;
    private readonly Deliveries deliveries;
    private readonly Problems problems;
    private readonly Producer[] producers;
    private readonly Queue<Producer> line;
    private readonly List<Producer> written;
    private readonly Random random = new();
    private Schedule? schedule;
    private bool isSending;

    public Publisher(Audience audience, Deliveries deliveries, Problems problems)
    {
        this.audience = audience;
        this.deliveries = deliveries;
        this.problems = problems;
        clock = audience.Clock;
        var messages = new MessageWriter(Plan);
        producers = [.. Enumerable.Range(0, Plan.Producers).Select(_ => new Producer(this, messages))];
        line = new Queue<Producer>(producers.Length);
        written = new List<Producer>(producers.Length);
        Promises = new Promises[Plan.Channels];
    }

    public BenchPlan Plan => audience.Plan;

    public IPoller Poller => audience.Poller;

    public Promises[] Promises { get; }

    /// <summary>Whether a producer has failed, or nothing more is to be sent.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Messages sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Messages answered 202.</summary>
    public long Accepted { get; private set; }

    /// <summary>Messages answered otherwise.</summary>
    public long Refused { get; private set; }

    /// <summary>Messages whose connection broke before the answer.</summary>
    public long Unanswered { get; private set; }

    /// <summary>How many deliveries what was accepted makes, with all connections there.</summary>
    public long Expected { get; private set; }

    /// <summary>When the last answer came.</summary>
    public long LastAnswer { get; private set; }

    /// <summary>Messages answered 202 in the window.</summary>
    public long AcceptedInWindow { get; private set; }

    /// <summary>From when a message was due to its 202, in nanoseconds.</summary>
    public Histogram AnswerTimes { get; } = new();

    /// <summary>The furthest that sending fell behind the schedule because no producer was free, or the measuring itself was late; nanoseconds.</summary>
    public long MostBehind { get; private set; }

    /// <summary>Messages that were due at the end and had not been sent.</summary>
    public long Overdue { get; private set; }

    public int InFlight => producers.Sum(static p => p.InFlight);

    public bool IsConnected => producers.All(static p => p.IsConnected);

    /// <summary>When the next message is due; null when none is, or somebody must answer first.</summary>
    public long? NextDue => isSending && line.Count > 0 ? schedule?.Next : null;

    public void Connect()
    {
        foreach (Producer producer in producers)
            producer.Connect();
    }

    /// <summary>Begins to send.</summary>
    public void Start(long now)
    {
        isSending = true;
        LastAnswer = now;
        schedule = Plan.Rate is { } rate ? new Schedule(rate, now) : null;
        Pump();
    }

    /// <summary>Sends nothing more; answers are still taken.</summary>
    public void Stop()
    {
        if (isSending)
            Overdue = schedule?.Overdue(clock.Now) ?? 0;
        isSending = false;
        IsStopped = true;
    }

    /// <summary>Sends what may be sent now.</summary>
    public void Pump()
    {
        while (isSending && line.TryPeek(out Producer? producer))
        {
            long now = clock.Now;
            long due = now;
            if (schedule?.TryTake(now, out due) == false || (Plan.InFlight is { } most && deliveries.UnderWay >= most))
                break;
            MostBehind = Math.Max(MostBehind, now - due);
            Add(producer, due);
            line.Dequeue();
            if (producer.HasRoom)
                line.Enqueue(producer);
            else
                producer.IsInLine = false;
        }

        foreach (Producer producer in written)
            producer.Flush();
        written.Clear();
    }

    /// <summary>A connection to the node, under way.</summary>
    public Socket OpenSocket() => audience.OpenSocket(0);

    /// <summary>A producer may send, if it has room.</summary>
    public void OnRoom(Producer producer)
    {
        if (producer.IsInLine || !producer.HasRoom)
            return;
        producer.IsInLine = true;
        line.Enqueue(producer);
    }

    public void OnAnswer(Sending sending, Answer answer, ReadOnlySpan<byte> text)
    {
        long now = clock.Now;
        LastAnswer = now;
        if (answer.Status == 202 && answer.Seq > 0)
        {
            Accepted++;
            Expected += audience.ConnectionsOf(sending.Channel);
            Promises[sending.Channel].Accept(answer.Seq, sending.Number);
            if (deliveries.Window.Contains(now))
                AcceptedInWindow++;
            if (deliveries.Window.Contains(sending.Due))
                AnswerTimes.Add(now - sending.Due);
            return;
        }

        Refused++;
        deliveries.Forget(sending.Number);
        // A refusal with 4xx has stored nothing; after a 503 it may turn out that it was.
        if (answer.Status is 0 or >= 500 or < 400)
            Promises[sending.Channel].Forget();
        string reason = $"the node refused a message with {Refusals.Explain(answer.Status, Encoding.UTF8.GetString(text))}";
        if (answer.Status is 429 or 503)
            problems.Add(reason);
        else
            OnFailed(reason);
    }

    public void OnUnanswered(Sending sending)
    {
        Unanswered++;
        Promises[sending.Channel].Forget();
    }

    /// <summary>A producer cannot go on, and so the run cannot.</summary>
    public void OnFailed(string reason)
    {
        problems.AddFatal(reason);
        Stop();
    }

    public void Dispose()
    {
        Stop();
        foreach (Producer producer in producers)
            producer.End();
    }

    private void Add(Producer producer, long due)
    {
        int channel = Plan.To == BenchTarget.Users ? random.Next(Plan.Users) : 0;
        long number = ++Sent;
        int connections = Plan.To == BenchTarget.Users ? audience.ConnectionsOf(channel) : audience.Ready;
        if (connections > 1 || Plan.InFlight is not null)
            deliveries.Begin(number, connections);
        if (!producer.HasOutput)
            written.Add(producer);
        producer.Add(new Sending(channel, number, due));
    }
}
