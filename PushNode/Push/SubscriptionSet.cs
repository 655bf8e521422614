namespace PushNode.Push;

/// <summary>Subscriptions, each of which knows its index. Most channels have one, which takes no array.</summary>
internal struct SubscriptionSet
{
    private const int SmallestArray = 4;

    private Subscription? single;
    private Subscription?[]? many;

    public int Count { get; private set; }

    public readonly Subscription this[int index] => many is null ? single! : many[index]!;

    public void Add(Subscription subscription)
    {
        subscription.Index = Count;
        if (Count == 0)
            single = subscription;
        else
            AddTo(many ?? [single], subscription);
        Count++;
    }

    /// <summary>Takes one out; the last one gets its index.</summary>
    public void Remove(Subscription subscription)
    {
        Subscription last = this[Count - 1];
        Count--;
        if (many is null)
        {
            single = null;
        }
        else
        {
            many[subscription.Index] = last;
            many[Count] = null;
            // One or none needs no array any more.
            if (Count <= 1)
                (single, many) = (many[0], null);
        }

        last.Index = subscription.Index;
        subscription.Index = -1;
    }

    public void Clear() => this = default;

    private void AddTo(Subscription?[] array, Subscription subscription)
    {
        if (Count == array.Length)
            Array.Resize(ref array, Math.Max(SmallestArray, Count * 2));
        array[Count] = subscription;
        many = array;
        single = null;
    }
}
