using PushNode.Access;
using PushNode.Diagnostics;

namespace PushNode.Collect;

/// <summary>Holds every API key to <see cref="CollectSettings.MaxMessagesPerSecond"/>.</summary>
internal sealed class ProducerRates
{
    private readonly int perSecond;
    private readonly MessageRate[] rates;

    public ProducerRates(CollectSettings settings, ProducerGuard guard, TimeProvider time)
    {
        perSecond = settings.MaxMessagesPerSecond;
        int burst = settings.MessageBurst > 0 ? settings.MessageBurst : perSecond;
        rates = perSecond == 0 ? [] : [.. Enumerable.Range(0, guard.Producers).Select(_ => new MessageRate(perSecond, burst, time))];
    }

    /// <summary>A refusal (429) when the producer has posted too much; null, and the messages are counted, when it may go on.</summary>
    public Problem? Check(int producer, int messages) =>
        rates.Length == 0 || rates[producer].TryTake(messages, out int retryAfter) ? null : Refusals.TooFast(perSecond, retryAfter);
}
