using System.Collections;

namespace PushNode.Tests.Support.Mongo;

/// <summary>
/// An ordered BSON document. Its values are <see cref="double"/>, <see cref="string"/>, <see cref="BsonDocument"/>, <see cref="BsonArray"/>,
/// <see cref="BsonBinary"/>, <see cref="bool"/>, <see cref="BsonDate"/>, null, <see cref="int"/>, <see cref="long"/>, <see cref="BsonTimestamp"/>,
/// <see cref="BsonObjectId"/> and <see cref="BsonKey"/>. One that is stored is never changed: an update puts another in its place.
/// </summary>
internal sealed class BsonDocument : IEnumerable<KeyValuePair<string, object?>>
{
    private readonly List<KeyValuePair<string, object?>> fields = [];

    public BsonDocument()
    {
    }

    /// <summary>A copy; the values are shared.</summary>
    public BsonDocument(IEnumerable<KeyValuePair<string, object?>> fields) => this.fields.AddRange(fields);

    public int Count => fields.Count;

    /// <summary>The value of a field, null where it is missing; set: in its place, or as the last one.</summary>
    public object? this[string name]
    {
        get => TryGet(name, out object? value) ? value : null;
        set
        {
            int at = fields.FindIndex(f => f.Key == name);
            if (at < 0)
                Add(name, value);
            else
                fields[at] = new(name, value);
        }
    }

    /// <summary>The field at this position.</summary>
    public KeyValuePair<string, object?> this[int index] => fields[index];

    public void Add(string name, object? value) => fields.Add(new(name, value));

    public void Add(KeyValuePair<string, object?> field) => fields.Add(field);

    public bool Has(string name) => TryGet(name, out _);

    public bool TryGet(string name, out object? value)
    {
        foreach (KeyValuePair<string, object?> field in fields)
        {
            if (field.Key == name)
            {
                value = field.Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>The value at a dotted path through embedded documents; null where there is none.</summary>
    public object? At(string path)
    {
        object? value = this;
        foreach (string name in path.Split('.'))
            value = (value as BsonDocument)?[name];
        return value;
    }

    /// <summary>The field as a number; <paramref name="missing"/> where it is none.</summary>
    public long Number(string name, long missing = 0) => this[name] switch
    {
        int i => i,
        long l => l,
        double d => (long)d,
        bool b => b ? 1 : 0,
        _ => missing,
    };

    /// <summary>Whether the field says yes, as MongoDB takes it: true, or a number other than 0.</summary>
    public bool Flag(string name, bool missing = false) => Number(name, missing ? 1 : 0) != 0;

    /// <summary>The field's documents; none where it is missing.</summary>
    public IEnumerable<BsonDocument> Documents(string name) => (this[name] as BsonArray)?.Cast<BsonDocument>() ?? [];

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => BsonText.Of(this);
}

/// <summary>A BSON array; see <see cref="BsonDocument"/> for its values.</summary>
internal sealed class BsonArray : List<object?>
{
    public BsonArray()
    {
    }

    public BsonArray(IEnumerable<object?> values)
        : base(values)
    {
    }

    public override string ToString() => BsonText.Of(this);
}

internal sealed record BsonBinary(byte[] Bytes, byte Subtype = 0);

/// <param name="Milliseconds">Since 1970, UTC.</param>
internal readonly record struct BsonDate(long Milliseconds)
{
    public static BsonDate Of(DateTimeOffset time) => new(time.ToUnixTimeMilliseconds());
}

internal readonly record struct BsonTimestamp(ulong Value);

/// <param name="Hex">24 hexadecimal digits, lower case.</param>
internal sealed record BsonObjectId(string Hex)
{
    public static BsonObjectId Next() => new(Convert.ToHexStringLower(Guid.NewGuid().ToByteArray()[..12]));
}

/// <summary>What compares below, and above, every other value.</summary>
internal enum BsonKey
{
    Min,
    Max,
}
