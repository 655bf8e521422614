namespace PushNode.Diagnostics;

/// <summary>One thing a node needs to take work. Modules register theirs; <c>/readyz</c> asks them all.</summary>
internal interface IReadinessCheck
{
    /// <summary>What it is about, in a word: <c>store</c>.</summary>
    string Name { get; }

    /// <summary>Why the node cannot take work now, for an operator; null when it can. Answers at once, from what is known.</summary>
    string? Reason { get; }
}
