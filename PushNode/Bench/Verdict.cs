namespace PushNode.Bench;

/// <summary>What went wrong with deliveries, each counted per connection.</summary>
/// <param name="Lost">Answered 202 and never delivered.</param>
/// <param name="Doubled">Delivered again on the same connection.</param>
/// <param name="OutOfOrder">Delivered behind one with a higher number.</param>
/// <param name="Mistaken">Connections that got as many messages as were promised, but others, or under other numbers than were answered.</param>
internal readonly record struct Verdict(long Lost, long Doubled, long OutOfOrder, long Mistaken)
{
    public bool IsGood => this == default;

    public static Verdict operator +(Verdict left, Verdict right) =>
        new(left.Lost + right.Lost, left.Doubled + right.Doubled, left.OutOfOrder + right.OutOfOrder, left.Mistaken + right.Mistaken);
}
