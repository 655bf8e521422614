namespace PushNode.Bench;

/// <summary>What went wrong beside deliveries, in sentences: each once, with how often, and only the first few kinds.</summary>
internal sealed class Problems
{
    private const int MostKinds = 10;

    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <summary>Whether the measurement is not the one that was asked for.</summary>
    public bool AreFatal { get; private set; }

    /// <summary>A sentence for each kind.</summary>
    public IEnumerable<string> Sentences => counts.Select(static c => c.Value == 1 ? c.Key : $"{c.Key} ({c.Value} times)");

    public void Add(string sentence)
    {
        if (counts.Count < MostKinds || counts.ContainsKey(sentence))
            counts[sentence] = counts.GetValueOrDefault(sentence) + 1;
    }

    /// <summary>It cannot go on after this.</summary>
    public void AddFatal(string sentence)
    {
        AreFatal = true;
        Add(sentence);
    }
}
