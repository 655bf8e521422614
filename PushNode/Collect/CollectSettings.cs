using PushNode.Access;
using PushNode.Settings;
using PushNode.Storage;

namespace PushNode.Collect;

/// <summary>The limits of what producers may send, and of what waits for the store.</summary>
internal sealed class CollectSettings : AccessSettings
{
    /// <summary>The most recipients of one request.</summary>
    public const int MaxRecipients = 1_000;

    /// <summary>
    /// How deep data may be nested: <c>[]</c> is 1. Its clients get it in an object, which is then 64 deep, as far as JSON parsers commonly read.
    /// </summary>
    public const int MaxDataDepth = 63;

    /// <summary>What a request may need besides its data: that many user ids in quotes with commas, and the other fields.</summary>
    private const int BodyOverhead = (MaxRecipients * (Messages.Names.MaxLength + 3)) + 1_096;

    /// <summary>The longest data of a message, in bytes as sent; 1 to 16 MiB.</summary>
    public int MaxDataBytes { get; set; } = 64 * 1024;

    /// <summary>The longest body of a request, and line of a batch, in bytes: at least <see cref="MaxDataBytes"/>, up to 64 MiB. Left out: <see cref="MaxDataBytes"/> and room for 1,000 user ids.</summary>
    public int? MaxBodyBytes { get; set; }

    /// <summary>
    /// The longest time to live a message may ask for, and the one it has when it asks for none; a second to 3,650 days, and no longer than messages are kept.
    /// </summary>
    public TimeSpan MaxTtl { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long a producer that asked to wait for delivery is kept waiting at most; a millisecond to a minute.</summary>
    public TimeSpan DeliveryWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Messages a second that one API key may post on average; 0 for no limit. Up to 10 million.</summary>
    public int MaxMessagesPerSecond { get; set; }

    /// <summary>Messages one API key may post at once after a pause; 0 for a second's worth. Up to 10 million.</summary>
    public int MessageBurst { get; set; }

    /// <summary>Messages that may wait for the store before producers are told to come back (503); at least 1,000, one request's worth.</summary>
    public int MaxQueuedMessages { get; set; } = 65_536;

    /// <summary>Bytes of data that may wait for the store; at least 1 MiB. One request is taken whatever its size when nothing else waits.</summary>
    public long MaxQueuedBytes { get; set; } = 128L << 20;

    /// <summary>Lines of one batch that are read ahead of their answers; 16 to 1,048,576.</summary>
    public int MaxLinesInFlight { get; set; } = 4_096;

    /// <summary>The limit that <see cref="MaxBodyBytes"/> comes to.</summary>
    public int BodyLimit => MaxBodyBytes ?? (MaxDataBytes + BodyOverhead);

    public override IEnumerable<SettingError> Check() =>
    [
        .. base.Check(),
        .. Range(nameof(MaxDataBytes), MaxDataBytes, 1, 16 << 20),
        .. CheckBody(),
        .. Range(nameof(MaxTtl), MaxTtl, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3_650)),
        .. Range(nameof(DeliveryWait), DeliveryWait, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)),
        .. Range(nameof(MaxMessagesPerSecond), MaxMessagesPerSecond, 0, 10_000_000),
        .. Range(nameof(MessageBurst), MessageBurst, 0, 10_000_000),
        .. Range(nameof(MaxQueuedMessages), MaxQueuedMessages, MaxRecipients, 16_777_216),
        .. Range(nameof(MaxQueuedBytes), MaxQueuedBytes, 1L << 20, 1L << 40),
        .. Range(nameof(MaxLinesInFlight), MaxLinesInFlight, 16, 1 << 20),
    ];

    /// <summary>Nothing lives longer than it is kept: the default gives way to a shorter retention, a value that was set is refused. Nor is it larger than can be kept.</summary>
    /// <param name="limits">The store's.</param>
    /// <param name="isGiven">Whether <see cref="MaxTtl"/> was set.</param>
    /// <exception cref="SettingsException">Producers would be promised more than is kept.</exception>
    public void FitTo(StoreLimits limits, bool isGiven)
    {
        if (MaxDataBytes > limits.MaxDataBytes)
            throw new SettingsException($"{Section}:{nameof(MaxDataBytes)}", $"{MaxDataBytes}", $"the store takes {limits.MaxDataBytes} bytes of data at most: make this one smaller");
        if (MaxTtl <= limits.Retention)
            return;
        if (isGiven)
            throw new SettingsException($"{Section}:{nameof(MaxTtl)}", $"{MaxTtl:c}", $"no message is kept longer than {limits.RetentionKey}, which is {limits.Retention:c}: make this one no longer, or raise {limits.RetentionKey} too");
        MaxTtl = limits.Retention;
    }

    // Data that is allowed must not be refused for the body around it.
    private IEnumerable<SettingError> CheckBody() => MaxBodyBytes < MaxDataBytes
        ? [new SettingError($"{Section}:{nameof(MaxBodyBytes)}", $"{MaxBodyBytes}", $"it must be at least {MaxDataBytes} ({Section}:{nameof(MaxDataBytes)}), for the data stands in the body; make it larger, or the other one smaller")]
        : Range(nameof(MaxBodyBytes), BodyLimit, 64, 64 << 20);

    private static IEnumerable<SettingError> Range<T>(string name, T value, T min, T max)
        where T : IComparable<T>, IFormattable => SettingError.Range($"{Section}:{name}", value, min, max);
}
