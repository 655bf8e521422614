using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>Waits until the delivery of messages has been reported, for a producer that asked to.</summary>
internal sealed class DeliveryWait(CollectSettings settings, TimeProvider time)
{
    /// <summary>
    /// Returns when all are reported, when <see cref="CollectSettings.DeliveryWait"/> has passed since they were accepted, or when the token
    /// fires; what has been counted by then stands in the reports.
    /// </summary>
    public async Task WaitAsync(List<Message> messages, CancellationToken cancellationToken)
    {
        if (messages.Count == 0)
            return;

        TimeSpan spent = time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(messages[0].Time);
        TimeSpan left = TimeSpan.FromTicks(Math.Clamp(settings.DeliveryWait.Ticks - spent.Ticks, 0, settings.DeliveryWait.Ticks));
        var reports = Task.WhenAll(messages.Select(static m => m.Report?.Completed ?? Task.CompletedTask));
        await reports.WaitAsync(left, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
