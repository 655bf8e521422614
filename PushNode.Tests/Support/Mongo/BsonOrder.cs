namespace PushNode.Tests.Support.Mongo;

/// <summary>The order of BSON values, as MongoDB sorts and compares them: first by type, numbers of all types as one.</summary>
internal sealed class BsonOrder : IComparer<object?>
{
    public static BsonOrder Instance { get; } = new();

    public static bool AreEqual(object? a, object? b) => Instance.Compare(a, b) == 0;

    /// <summary>Where a value's type stands among the others. Equal ranks compare by value.</summary>
    public static int Rank(object? value) => value switch
    {
        BsonKey.Min => -1,
        null => 1,
        int or long or double => 2,
        string => 3,
        BsonDocument => 4,
        BsonArray => 5,
        BsonBinary => 6,
        BsonObjectId => 7,
        bool => 8,
        BsonDate => 9,
        BsonTimestamp => 10,
        BsonKey.Max => 127,
        _ => throw new ArgumentException($"{value.GetType()} is not a BSON value", nameof(value)),
    };

    public int Compare(object? x, object? y)
    {
        int byRank = Rank(x).CompareTo(Rank(y));
        return byRank != 0 ? byRank : (x, y) switch
        {
            (string a, string b) => Strings(a, b),
            (BsonDocument a, BsonDocument b) => Fields(a, b),
            (BsonArray a, BsonArray b) => Elements(a, b),
            (BsonBinary a, BsonBinary b) => Binaries(a, b),
            (BsonObjectId a, BsonObjectId b) => string.CompareOrdinal(a.Hex, b.Hex),
            (bool a, bool b) => a.CompareTo(b),
            (BsonDate a, BsonDate b) => a.Milliseconds.CompareTo(b.Milliseconds),
            (BsonTimestamp a, BsonTimestamp b) => a.Value.CompareTo(b.Value),
            (null, null) or (BsonKey, BsonKey) => 0,
            _ => Numbers(x!, y!),
        };
    }

    // By code point, as UTF-8 does: surrogates stand for what is above all other units.
    private static int Strings(string x, string y)
    {
        int at = x.AsSpan().CommonPrefixLength(y);
        return at < x.Length && at < y.Length ? Place(x[at]).CompareTo(Place(y[at])) : x.Length.CompareTo(y.Length);

        static int Place(char unit) => char.IsSurrogate(unit) ? unit + char.MaxValue : unit;
    }

    private static int Numbers(object x, object y) => x is double || y is double
        ? Convert.ToDouble(x, null).CompareTo(Convert.ToDouble(y, null))
        : Convert.ToInt64(x, null).CompareTo(Convert.ToInt64(y, null));

    // Field by field: the type first, then the name, then the value; one that ends first is the lower.
    private static int Fields(BsonDocument x, BsonDocument y)
    {
        for (int i = 0; i < Math.Min(x.Count, y.Count); i++)
        {
            int order = Rank(x[i].Value).CompareTo(Rank(y[i].Value));
            if (order == 0)
                order = Strings(x[i].Key, y[i].Key);
            if (order == 0)
                order = Instance.Compare(x[i].Value, y[i].Value);
            if (order != 0)
                return order;
        }

        return x.Count.CompareTo(y.Count);
    }

    private static int Elements(BsonArray x, BsonArray y)
    {
        int order = x.Zip(y, Instance.Compare).FirstOrDefault(static o => o != 0);
        return order != 0 ? order : x.Count.CompareTo(y.Count);
    }

    private static int Binaries(BsonBinary x, BsonBinary y)
    {
        int order = x.Bytes.Length.CompareTo(y.Bytes.Length);
        if (order == 0)
            order = x.Subtype.CompareTo(y.Subtype);
        return order != 0 ? order : x.Bytes.AsSpan().SequenceCompareTo(y.Bytes);
    }
}
