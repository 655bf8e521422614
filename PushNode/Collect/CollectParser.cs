using System.Buffers;
using System.Text;
using System.Text.Json;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>
/// Reads one request straight from its bytes: no document, no strings but the names that are kept. Everything that is not exactly right is
/// refused by name.
/// </summary>
internal ref struct CollectParser
{
    private const int LongestEscape = 6;
    private const int BracesAroundDataAndOneTooMany = 2;

    private readonly ReadOnlySpan<byte> json;
    private readonly CollectSettings settings;
    private Utf8JsonReader reader;
    private CollectFields seen;
    private Channel channel;
    private List<Channel>? recipients;
    private string? id;
    private string? label;
    private long? ttl;
    private bool ephemeral;
    private ReadOnlySpan<byte> data;

    private CollectParser(ReadOnlySpan<byte> json, CollectSettings settings)
    {
        this.json = json;
        this.settings = settings;
        reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = CollectSettings.MaxDataDepth + BracesAroundDataAndOneTooMany });
    }

    /// <summary>Why the request is refused; null when <paramref name="request"/> is what it asks for.</summary>
    public static Problem? Parse(ReadOnlySpan<byte> json, CollectSettings settings, out CollectRequest request)
    {
        request = default;
        if (JsonText.CheckBytes(json) is { } unreadable)
            return unreadable;

        var parser = new CollectParser(json, settings);
        try
        {
            if (parser.ReadFields() is { } refused)
                return refused;
        }
        catch (JsonException e)
        {
            return JsonText.Explain(e);
        }
        catch (InvalidOperationException)
        {
            // The reader's way to say that an escaped name cannot be unescaped.
            return Refusals.HalfSurrogate;
        }

        request = new CollectRequest
        {
            Channel = parser.channel,
            Recipients = parser.recipients,
            Id = parser.id,
            Ttl = parser.ttl,
            Ephemeral = parser.ephemeral,
            Label = parser.label,
            Data = parser.data,
        };
        return null;
    }

    private Problem? ReadFields()
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return Refusals.NotAnObject(JsonText.Describe(reader.TokenType));

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (ReadField() is { } refused)
                return refused;
        }

        // Throws for anything but white space behind the object.
        reader.Read();

        if ((seen & CollectFields.Targets) == 0)
            return Refusals.NoTarget;
        if ((seen & CollectFields.Data) == 0)
            return Refusals.NoData;
        return ephemeral && ttl is not null ? Refusals.TtlOfEphemeral : null;
    }

    private Problem? ReadField()
    {
        CollectFields field = Identify();
        if (field == CollectFields.None)
            return Refusals.UnknownField(reader.GetString()!);
        if ((seen & field) != 0)
            return Refusals.DuplicateField(NameOf(field));
        CollectFields target = seen & CollectFields.Targets;
        if (target != 0 && (field & CollectFields.Targets) != 0)
            return Refusals.TwoTargets(NameOf(target), NameOf(field));

        seen |= field;
        reader.Read();
        return field switch
        {
            CollectFields.Data => ReadData(),
            CollectFields.UserId => ReadChannel("userId", "user:", out channel),
            CollectFields.Topic => ReadChannel("topic", "topic:", out channel),
            CollectFields.UserIds => ReadRecipients(),
            CollectFields.Broadcast => ReadBroadcast(),
            CollectFields.Id => ReadId(),
            CollectFields.Event => ReadLabel(),
            CollectFields.Ttl => ReadTtl(),
            _ => ReadEphemeral(),
        };
    }

    /// <summary>In the order of how often each is sent.</summary>
    private readonly CollectFields Identify()
    {
        if (reader.ValueTextEquals("userId"u8))
            return CollectFields.UserId;
        if (reader.ValueTextEquals("data"u8))
            return CollectFields.Data;
        if (reader.ValueTextEquals("id"u8))
            return CollectFields.Id;
        if (reader.ValueTextEquals("topic"u8))
            return CollectFields.Topic;
        if (reader.ValueTextEquals("event"u8))
            return CollectFields.Event;
        if (reader.ValueTextEquals("ttl"u8))
            return CollectFields.Ttl;
        if (reader.ValueTextEquals("ephemeral"u8))
            return CollectFields.Ephemeral;
        if (reader.ValueTextEquals("userIds"u8))
            return CollectFields.UserIds;
        return reader.ValueTextEquals("broadcast"u8) ? CollectFields.Broadcast : CollectFields.None;
    }

    private Problem? ReadData()
    {
        int start = (int)reader.TokenStartIndex;
        if (SkipValue() is { } tooDeep)
            return tooDeep;
        data = json[start..(int)reader.BytesConsumed];
        return data.Length <= settings.MaxDataBytes ? null : Refusals.DataTooLarge(data.Length, settings.MaxDataBytes);
    }

    // As Utf8JsonReader.Skip does it, with a look at the depth.
    private Problem? SkipValue()
    {
        if (!IsStart(reader.TokenType))
            return null;
        int depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.CurrentDepth > CollectSettings.MaxDataDepth && IsStart(reader.TokenType))
                return Refusals.DataTooDeep(reader.TokenStartIndex);
        }

        return null;
    }

    private Problem? ReadBroadcast()
    {
        channel = Channel.All;
        return reader.TokenType switch
        {
            JsonTokenType.True => null,
            JsonTokenType.False => Refusals.FalseBroadcast,
            _ => WrongType("broadcast", "true"),
        };
    }

    private Problem? ReadRecipients()
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return WrongType("userIds", "an array of strings");

        recipients = [];
        var distinct = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (recipients.Count == CollectSettings.MaxRecipients)
                return Refusals.TooManyRecipients;
            if (ReadChannel("userIds", "user:", out Channel recipient) is { } refused)
                return refused with { Detail = $"{refused.Detail} (item {recipients.Count + 1})" };
            if (!distinct.Add(recipient.Name))
                return Refusals.DuplicateRecipient(recipient.Subject.ToString());
            recipients.Add(recipient);
        }

        return recipients.Count == 0 ? Refusals.NoRecipients : null;
    }

    private readonly Problem? ReadChannel(string field, string prefix, out Channel target)
    {
        target = default;
        if (reader.TokenType != JsonTokenType.String)
            return WrongType(field, field == "userIds" ? "an array of strings" : "a string");

        Span<char> name = stackalloc char[prefix.Length + Names.MaxLength];
        prefix.CopyTo(name);
        return TryCopyName(name[prefix.Length..], out int length) && Channel.TryParse(new string(name[..(prefix.Length + length)]), out target)
            ? null
            : Refusals.BadName(field, prefix == "user:" ? Names.IdRule : Names.WordRule);
    }

    private Problem? ReadId()
    {
        if (reader.TokenType != JsonTokenType.String)
            return WrongType("id", "a string");
        Span<char> name = stackalloc char[Names.MaxLength];
        if (!TryCopyName(name, out int length) || !Names.IsId(name[..length]))
            return Refusals.BadId("id");
        id = new string(name[..length]);
        return null;
    }

    private Problem? ReadLabel()
    {
        if (reader.TokenType != JsonTokenType.String)
            return WrongType("event", "a string");
        Span<char> name = stackalloc char[Names.MaxLength];
        if (!TryCopyName(name, out int length) || !Names.IsWord(name[..length]))
            return Refusals.BadWord("event");
        label = new string(name[..length]);
        return null;
    }

    private Problem? ReadTtl()
    {
        if (reader.TokenType != JsonTokenType.Number)
            return WrongType("ttl", "a whole number of seconds");
        long max = (long)settings.MaxTtl.TotalSeconds;
        if (!reader.TryGetInt64(out long seconds) || seconds < 1 || seconds > max)
            return Refusals.BadTtl(max);
        ttl = seconds;
        return null;
    }

    private Problem? ReadEphemeral()
    {
        ephemeral = reader.TokenType == JsonTokenType.True;
        return reader.TokenType is JsonTokenType.True or JsonTokenType.False ? null : WrongType("ephemeral", "true or false");
    }

    private readonly Problem WrongType(string field, string expected) => Refusals.WrongType(field, expected, JsonText.Describe(reader.TokenType));

    /// <summary>Copies the string at hand if it is ASCII and no longer than a name can be.</summary>
    private readonly bool TryCopyName(Span<char> target, out int length)
    {
        length = 0;
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan.Length <= Names.MaxLength && Ascii.ToUtf16(reader.ValueSpan, target, out length) == OperationStatus.Done;
        if (reader.ValueSpan.Length > Names.MaxLength * LongestEscape)
            return false;
        string text = reader.GetString()!;
        length = Math.Min(text.Length, target.Length);
        return text.TryCopyTo(target);
    }

    private static bool IsStart(JsonTokenType type) => type is JsonTokenType.StartObject or JsonTokenType.StartArray;

    private static string NameOf(CollectFields field) => field switch
    {
        CollectFields.UserId => "userId",
        CollectFields.UserIds => "userIds",
        CollectFields.Topic => "topic",
        CollectFields.Broadcast => "broadcast",
        CollectFields.Data => "data",
        CollectFields.Id => "id",
        CollectFields.Ttl => "ttl",
        CollectFields.Ephemeral => "ephemeral",
        _ => "event",
    };
}
