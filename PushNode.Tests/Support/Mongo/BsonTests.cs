namespace PushNode.Tests.Support.Mongo;

internal sealed class BsonTests
{
    private static readonly object?[] Ascending =
    [
        BsonKey.Min, null, double.NaN, -1, 0.5, 1L, 2, long.MaxValue, "", "a", "aa", "b", "\uffee", "😀",
        new BsonDocument(), new BsonDocument { { "a", 1 } }, new BsonDocument { { "a", 1 }, { "b", 0 } }, new BsonDocument { { "b", 0 } },
        new BsonDocument { { "a", "x" } }, new BsonArray(), new BsonArray { 1, 2 }, new BsonArray { 2 },
        new BsonBinary([9]), new BsonBinary([1], 4), new BsonBinary([1, 2]), new BsonObjectId("00112233445566778899aabb"),
        false, true, new BsonDate(-1), new BsonDate(5), new BsonTimestamp(1UL << 40), BsonKey.Max,
    ];

    [Test]
    public void Document_WrittenAndRead_IsTheSame()
    {
        var document = new BsonDocument { { "all", new BsonArray(Ascending) }, { "int", 7 }, { "long", 7L }, { "double", 7.0 } };

        BsonDocument read = BsonReader.Read(BsonWriter.Write(document));

        Assert.That(read.ToString(), Is.EqualTo(document.ToString()));
        Assert.That(((IEnumerable<KeyValuePair<string, object?>>)read).Skip(1).Select(f => f.Value!.GetType()), Is.EqualTo(new[] { typeof(int), typeof(long), typeof(double) }));
    }

    [Test]
    public void Document_AsBytes_IsAsTheSpecificationHasIt() =>
        Assert.That(
            BsonWriter.Write(new BsonDocument { { "hello", "world" } }),
            Is.EqualTo("\x16\0\0\0\x02hello\0\x06\0\0\0world\0\0"u8.ToArray()));

    [Test]
    public void Bytes_CutOffAnywhere_AreRefused()
    {
        byte[] bytes = BsonWriter.Write(new BsonDocument { { "a", new BsonArray(Ascending) } });

        for (int length = 0; length < bytes.Length; length++)
            Assert.That(() => BsonReader.Read(bytes.AsSpan(0, length)), Throws.InstanceOf<InvalidDataException>(), $"{length} bytes");
    }

    [Test]
    public void Values_InTheOrderOfMongoDB()
    {
        for (int i = 0; i < Ascending.Length; i++)
        {
            for (int j = 0; j < Ascending.Length; j++)
                Assert.That(Math.Sign(BsonOrder.Instance.Compare(Ascending[i], Ascending[j])), Is.EqualTo(i.CompareTo(j)), $"{BsonText.Of(Ascending[i])} and {BsonText.Of(Ascending[j])}");
        }
    }

    [Test]
    public void Numbers_OfDifferentTypes_AreEqual() => Assert.That(BsonOrder.AreEqual(7, 7L) && BsonOrder.AreEqual(7L, 7.0), Is.True);
}
