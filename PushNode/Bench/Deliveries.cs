namespace PushNode.Bench;

/// <summary>Counts what arrives, and how long after it was due.</summary>
internal sealed class Deliveries
{
    private const int Remembered = 1 << 12;

    private readonly FanOut[] fanOuts = new FanOut[Remembered];

    /// <summary>All that have come, in the whole run. Read by other threads, too.</summary>
    public long Total { get; private set; }

    /// <summary>When the last one came.</summary>
    public long LastTime { get; private set; }

    /// <summary>The window that is measured: messages that were due in it count for the latency, those that arrive in it for the rate.</summary>
    public Window Window { get; set; } = Window.None;

    /// <summary>Those that have come in the window.</summary>
    public long InWindow { get; private set; }

    /// <summary>From when a message was due to when it came, in nanoseconds, over all connections.</summary>
    public Histogram Latencies { get; } = new();

    /// <summary>From when a message was due to when the last connection had it.</summary>
    public Histogram LastReceiver { get; } = new();

    /// <summary>Messages under way to several connections.</summary>
    public int UnderWay { get; private set; }

    /// <summary>A message is sent to so many connections. Beyond 4,096 under way, the oldest are not looked after any more.</summary>
    public void Begin(long number, int connections)
    {
        ref FanOut fanOut = ref fanOuts[number % Remembered];
        if (fanOut.Left == 0)
            UnderWay++;
        fanOut = new FanOut(number, connections);
    }

    /// <summary>A message that was begun will not come.</summary>
    public void Forget(long number)
    {
        ref FanOut fanOut = ref fanOuts[number % Remembered];
        if (fanOut.Number != number || fanOut.Left == 0)
            return;
        fanOut = default;
        UnderWay--;
    }

    public void Count(long number, long due, long now)
    {
        Total++;
        LastTime = now;
        if (Window.Contains(now))
            InWindow++;
        bool counts = Window.Contains(due);
        if (counts)
            Latencies.Add(now - due);

        ref FanOut fanOut = ref fanOuts[number % Remembered];
        if (fanOut.Number != number || fanOut.Left == 0)
            return;
        fanOut = new FanOut(number, fanOut.Left - 1);
        if (fanOut.Left > 0)
            return;
        UnderWay--;
        if (counts)
            LastReceiver.Add(now - due);
    }

    private readonly record struct FanOut(long Number, int Left);
}
