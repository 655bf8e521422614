namespace PushNode.Bench;

/// <summary>
/// A run: (1) connect, (2) settle, (3) warm up, (4) measure, (5) wait for what is under way, (6) compare what was promised with what came. One thread does
/// all of it, so that nothing is shared and each message costs a few system calls.
/// </summary>
internal sealed class BenchRun : IDisposable
{
    private const long Tick = BenchClock.Second / 50;
    private const long SettleTime = BenchClock.Second;
    private const long ProducerPatience = 15 * BenchClock.Second;
    private const long Standstill = 10 * BenchClock.Second;
    private const long DrainPatience = 60 * BenchClock.Second;
    private const long LingerTime = BenchClock.Second / 4;

    private readonly BenchPlan plan;
    private readonly BenchClock clock;
    private readonly Problems problems = new();
    private readonly Deliveries deliveries = new();
    private readonly IPoller poller;
    private readonly Audience audience;
    private readonly Publisher publisher;
    private CancellationToken stop;
    private Usage empty;
    private Usage idle;
    private Usage start;
    private Usage end;

    public BenchRun(BenchPlan plan, TimeProvider time)
    {
        this.plan = plan;
        clock = new BenchClock(time);
        poller = OperatingSystem.IsLinux() ? new EpollPoller() : new SelectPoller();
        audience = new Audience(plan, poller, clock, deliveries, problems);
        publisher = new Publisher(audience, deliveries, problems);
    }

    /// <summary>What it is doing now, for who watches from elsewhere.</summary>
    public BenchPhase Phase { get; private set; }

    public int Connected => audience.Ready;

    public long Accepted => publisher.Accepted;

    public long Delivered => deliveries.Total;

    /// <summary>Runs until it is done or told to stop, which ends it early and in good order.</summary>
    public Task<BenchResult> RunAsync(CancellationToken cancellationToken)
    {
        stop = cancellationToken;
        var completion = new TaskCompletionSource<BenchResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                completion.SetResult(Run());
            }
            catch (Exception e)
            {
                completion.SetException(e);
            }
        })
        { Name = "bench", IsBackground = true };
        thread.Start();
        return completion.Task;
    }

    public void Dispose()
    {
        publisher.Dispose();
        audience.Dispose();
        poller.Dispose();
    }

    private bool MustEnd => stop.IsCancellationRequested || problems.AreFatal;

    private BenchResult Run()
    {
        if (OperatingSystem.IsLinux())
            EpollPoller.WakePromptly();
        empty = Usage.Take(clock, plan.Processes);
        Connect();
        Phase = BenchPhase.Settling;
        Spin(SettleTime, () => MustEnd);
        idle = start = end = Usage.Take(clock, plan.Processes);
        if (!MustEnd && plan.IsIdle)
            Hold();
        else if (!MustEnd)
            Measure();
        return Conclude();
    }

    private void Connect()
    {
        Phase = BenchPhase.Connecting;
        while (!MustEnd && !audience.IsComplete)
            poller.Poll(audience.Connect(clock.Now));
    }

    private void Hold()
    {
        Phase = BenchPhase.Holding;
        Spin((long)plan.Duration.TotalNanoseconds, () => MustEnd);
        end = Usage.Take(clock, plan.Processes);
    }

    private void Measure()
    {
        Phase = BenchPhase.WarmingUp;
        publisher.Connect();
        Spin(ProducerPatience, () => MustEnd || publisher.IsConnected);
        if (!MustEnd && !publisher.IsConnected)
            problems.AddFatal($"the producers could not connect within {ProducerPatience / BenchClock.Second} s");
        if (!MustEnd)
            publisher.Start(clock.Now);
        Spin((long)plan.Warmup.TotalNanoseconds, IsStuck);

        if (!MustEnd)
        {
            Phase = BenchPhase.Measuring;
            start = Usage.Take(clock, plan.Processes);
            long duration = (long)plan.Duration.TotalNanoseconds;
            deliveries.Window = new Window(start.Time, start.Time + duration);
            Spin(duration, IsStuck);
            end = Usage.Take(clock, plan.Processes);
        }

        Drain();
    }

    private void Drain()
    {
        Phase = BenchPhase.Draining;
        publisher.Stop();
        long stopped = clock.Now;
        Spin(DrainPatience, () => (publisher.InFlight == 0 && (deliveries.Total >= publisher.Expected || audience.Ready == 0)) || IsQuiet(stopped, (long)plan.Patience.TotalNanoseconds));
        // A message that comes twice may come a moment later.
        Spin(LingerTime, () => audience.Ready == 0);
    }

    private bool IsStuck()
    {
        if (audience.Ready == 0)
            problems.AddFatal("no connection is left");
        else if ((publisher.InFlight > 0 || deliveries.Total < publisher.Expected) && IsQuiet(idle.Time, Standstill))
            problems.AddFatal($"nothing was answered or delivered for {Standstill / BenchClock.Second} s");
        return MustEnd;
    }

    private bool IsQuiet(long since, long length) => clock.Now - Math.Max(since, Math.Max(deliveries.LastTime, publisher.LastAnswer)) > length;

    /// <summary>Handles what happens for so many nanoseconds, or until something is the case, which is looked at 50 times a second.</summary>
    private void Spin(long length, Func<bool> isOver)
    {
        long until = clock.Now + length;
        long nextLook = 0;
        for (long now = clock.Now; now < until; now = clock.Now)
        {
            if (now >= nextLook)
            {
                if (isOver())
                    return;
                nextLook = now + Tick;
            }

            long next = Math.Min(until, Math.Min(nextLook, publisher.NextDue ?? long.MaxValue));
            poller.Poll(next - now);
            publisher.Pump();
        }
    }

    private BenchResult Conclude()
    {
        Verdict verdict = audience.Judge(publisher.Promises);
        bool isComplete = audience.Ended == 0 && (audience.IsComplete || stop.IsCancellationRequested);
        var measured = TimeSpan.FromMicroseconds((end.Time - start.Time) / 1000);
        return new BenchResult
        {
            Plan = plan,
            Connected = audience.Ready + audience.Ended,
            ConnectSpan = TimeSpan.FromMicroseconds(audience.ConnectSpan / 1000),
            ConnectTimes = audience.ConnectTimes,
            Ended = audience.Ended,
            Measured = measured,
            Sent = publisher.Sent,
            Accepted = publisher.Accepted,
            Refused = publisher.Refused,
            Unanswered = publisher.Unanswered,
            Delivered = deliveries.Total,
            AcceptedMeasured = publisher.AcceptedInWindow,
            DeliveredMeasured = deliveries.InWindow,
            Latencies = deliveries.Latencies,
            LastReceiver = deliveries.LastReceiver,
            AnswerTimes = publisher.AnswerTimes,
            MostBehind = TimeSpan.FromMicroseconds(publisher.MostBehind / 1000),
            Overdue = publisher.Overdue,
            Empty = empty,
            Idle = idle,
            Start = start,
            End = end,
            Load = LocalProcesses.Load(),
            Verdict = verdict,
            Problems = [.. problems.Sentences],
            IsGood = verdict.IsGood && isComplete && !problems.AreFatal,
        };
    }
}
