namespace PushNode.Transport;

/// <summary>A connection's feature: what was found out about its first request before the web server had it.</summary>
internal sealed class HandedOver(object known)
{
    private object? known = known;

    /// <summary>Takes it; null when it has been taken, or is something else.</summary>
    public T? Take<T>()
        where T : class => Interlocked.Exchange(ref known, null) as T;
}
