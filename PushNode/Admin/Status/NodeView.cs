using PushNode.Peers;

namespace PushNode.Admin.Status;

/// <summary>What is known here of one node, this one or another, while somebody watches. For one caller at a time.</summary>
/// <param name="address">Where it is.</param>
internal sealed class NodeView(string address)
{
    /// <summary>Clocks closer than this are taken for the same.</summary>
    private const long ClockTolerance = 1000;

    /// <summary>One that came late is made up for; more that gathered while a node could not be asked would look like a burst.</summary>
    private const int MaxFresh = 2;

    /// <summary>A node that only took a moment too long once is not away.</summary>
    private const int MaxLate = 1;

    private readonly Queue<NodeSample> samples = new();
    private int late;

    public string Address { get; } = address;

    /// <summary>What Redis says of it; null for this node.</summary>
    public Peer? Peer { get; set; }

    /// <summary>What it last told of itself; null when it has told nothing yet.</summary>
    public NodeStatus? Status { get; private set; }

    /// <summary>Why it could not be asked; null when it answered, or was merely late once.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Its samples, oldest first, by the clock of this node.</summary>
    public IReadOnlyCollection<NodeSample> Samples => samples;

    /// <summary>Those that came with its last answer.</summary>
    public IReadOnlyList<NodeSample> Fresh { get; private set; } = [];

    public NodeSample? Newest { get; private set; }

    /// <summary>The run whose samples are here.</summary>
    public long Run { get; private set; }

    /// <summary>The number of the last one; 0 for none.</summary>
    public long Number { get; private set; }

    /// <summary>It has answered.</summary>
    /// <param name="told">What.</param>
    /// <param name="now">The time here, in Unix milliseconds.</param>
    public void Take(NodeStatus told, long now)
    {
        if (told.Started != Run)
        {
            samples.Clear();
            (Run, Number) = (told.Started, 0);
        }

        bool isFirst = Number == 0;
        long skew = Math.Abs(told.Now - now) < ClockTolerance ? 0 : told.Now - now;
        NodeSample[] newer = [.. told.Samples.Where(s => s.Number > Number).Select(s => s with { Time = s.Time - skew })];
        foreach (NodeSample sample in newer)
        {
            if (samples.Count == SampleRing.Size)
                samples.Dequeue();
            samples.Enqueue(sample);
            (Number, Newest) = (sample.Number, sample);
        }

        Fresh = [.. newer.TakeLast(isFirst ? 1 : MaxFresh)];
        Status = told;
        Trouble = null;
        late = 0;
    }

    /// <summary>It has not answered in time.</summary>
    public void NoteLate(string why)
    {
        Fresh = [];
        if (++late > MaxLate || Status is null)
            Trouble = why;
    }

    /// <summary>It cannot be asked.</summary>
    public void NoteAway(string why)
    {
        Fresh = [];
        Trouble = why;
    }
}
