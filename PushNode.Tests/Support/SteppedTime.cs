namespace PushNode.Tests.Support;

/// <summary>A clock that the test moves, and with it every timer made from it.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<Timer> timers = [];
    private DateTimeOffset now = new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);

    /// <summary>How many timers are set now.</summary>
    public int Timers
    {
        get
        {
            lock (gate)
                return timers.Count;
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
            return now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock and fires what is due, in order. What runs on from there runs by itself.</summary>
    public void Advance(TimeSpan by)
    {
        DateTimeOffset end = GetUtcNow() + by;
        while (TakeDue(end) is { } timer)
            timer.Fire();
        lock (gate)
            now = end;
    }

    /// <summary>The process stood still: the clock has moved on, and what was due meanwhile fires late, with the next <see cref="Advance"/>.</summary>
    public void StandStill(TimeSpan by)
    {
        lock (gate)
            now += by;
    }

    private Timer? TakeDue(DateTimeOffset end)
    {
        lock (gate)
        {
            Timer? next = timers.MinBy(static t => t.Due);
            if (next is null || next.Due > end)
                return null;
            now = next.Due > now ? next.Due : now;
            next.Due += next.Period;
            if (next.Period <= TimeSpan.Zero)
                timers.Remove(next);
            return next;
        }
    }

    private sealed class Timer(SteppedTime time, Action fire) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.gate)
            {
                time.timers.Remove(this);
                Due = time.now + dueTime;
                Period = period;
                if (dueTime >= TimeSpan.Zero)
                    time.timers.Add(this);
                return true;
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
