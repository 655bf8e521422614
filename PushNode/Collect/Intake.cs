using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>Takes requests in: reads them, counts them against their producer's rate, makes messages of them.</summary>
internal sealed class Intake(CollectSettings settings, ProducerRates rates, MessageIds ids, TimeProvider time)
{
    /// <summary>The longest request, in bytes.</summary>
    public int BodyLimit => settings.BodyLimit;

    /// <summary>Lines of one batch that may be read ahead of their answers.</summary>
    public int MaxLinesInFlight => settings.MaxLinesInFlight;

    /// <summary>Why the request is refused (400, 413, 429); null when <paramref name="request"/> is to be submitted.</summary>
    public Problem? Read(ReadOnlySpan<byte> json, Producer producer, out CollectRequest request) =>
        CollectParser.Parse(json, settings, out request) ?? rates.Check(producer.Key, request.MessageCount);

    /// <summary>Adds the request's messages to a submission of its kind: one, or one for each recipient, all with the same id.</summary>
    public void Add(in CollectRequest request, Producer producer, Submission submission)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        long expires = now + (request.Ttl * 1_000 ?? (long)settings.MaxTtl.TotalMilliseconds);
        long accepted = time.GetTimestamp();
        string id = request.Id ?? ids.Next();
        for (int i = 0; i < request.MessageCount; i++)
        {
            Channel channel = request.Recipients is { } recipients ? recipients[i] : request.Channel;
            submission.Add(new Message(channel, id, now, expires, request.Label, request.Data)
            {
                HasProducerId = request.Id is not null,
                Ephemeral = request.Ephemeral,
                Accepted = accepted,
                Report = producer.Waits ? new DeliveryReport(1) : null,
            });
        }
    }
}
