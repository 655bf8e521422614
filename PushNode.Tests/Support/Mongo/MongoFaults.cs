namespace PushNode.Tests.Support.Mongo;

/// <summary>What becomes of a command instead of an ordinary answer.</summary>
internal enum MongoFaultKind
{
    Fail,
    FailAfter,
    CloseBefore,
    CloseAfter,
    WriteConcern,
}

/// <summary>One fault that is to come: of which kind, to which command (as <see cref="MongoRequest.Is"/> takes it), and with which code, where it has one.</summary>
internal sealed record MongoFault(MongoFaultKind Kind, string Command, int Code);

/// <summary>The faults that are yet to come. Of those for one command the one asked for first comes first, one for each command. Thread-safe.</summary>
internal sealed class MongoFaults
{
    private readonly Lock access = new();
    private readonly List<MongoFault> pending = [];
    private readonly List<(string Command, HeldCommand Held)> holds = [];
    private readonly Dictionary<string, TimeSpan> delays = [];

    public void Add(MongoFault fault, int times)
    {
        lock (access)
            pending.AddRange(Enumerable.Repeat(fault, times));
    }

    public HeldCommand Hold(string command)
    {
        var held = new HeldCommand();
        lock (access)
            holds.Add((command, held));
        return held;
    }

    public void Delay(string command, TimeSpan time)
    {
        lock (access)
            delays[command] = time;
    }

    public void Clear()
    {
        lock (access)
        {
            pending.Clear();
            delays.Clear();
        }
    }

    public MongoFault? Take(MongoRequest request)
    {
        lock (access)
        {
            int at = pending.FindIndex(f => request.Is(f.Command));
            if (at < 0)
                return null;
            MongoFault fault = pending[at];
            pending.RemoveAt(at);
            return fault;
        }
    }

    public HeldCommand? TakeHold(MongoRequest request)
    {
        lock (access)
        {
            int at = holds.FindIndex(h => request.Is(h.Command));
            if (at < 0)
                return null;
            HeldCommand held = holds[at].Held;
            holds.RemoveAt(at);
            return held;
        }
    }

    public TimeSpan DelayOf(MongoRequest request)
    {
        lock (access)
            return delays.Where(d => request.Is(d.Key)).Select(static d => d.Value).DefaultIfEmpty().Max();
    }
}
