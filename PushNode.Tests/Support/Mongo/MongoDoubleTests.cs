namespace PushNode.Tests.Support.Mongo;

internal sealed class MongoDoubleTests
{
    private static readonly BsonDocument Indexes = new()
    {
        { "createIndexes", "messages" },
        {
            "indexes", new BsonArray
            {
                new BsonDocument { { "key", new BsonDocument { { "c", 1 }, { "s", 1 } } }, { "name", "c_s" }, { "unique", true } },
                new BsonDocument { { "key", new BsonDocument { { "x", 1 } } }, { "name", "x" }, { "expireAfterSeconds", 0 } },
            }
        },
    };

    private readonly MongoDouble server = new();
    private MongoWireClient client = null!;

    [SetUp]
    public void Begin() => client = new MongoWireClient(server);

    [TearDown]
    public async Task EndAsync()
    {
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    [Test]
    public async Task FirstMessage_AsQuery_IsAnsweredWithWhatTheServerIs()
    {
        await client.SendBytesAsync(MongoWire.Query(new BsonDocument { { "isMaster", 1 }, { "helloOk", true } }));

        BsonDocument? reply = await client.ReplyAsync();

        Assert.That(reply!.Flag("ismaster") && reply.Flag("helloOk") && reply.Flag("ok"), Is.True);
        Assert.That(reply.Number("maxWireVersion"), Is.EqualTo(21));
        Assert.That(reply.Has("setName"), Is.False);
    }

    [Test]
    public async Task Unknown_Commands_Operators_AndStages_AreRefused()
    {
        Assert.That((await client.CommandAsync(new BsonDocument { { "count", "messages" } })).Number("code"), Is.EqualTo(59));
        await client.CommandAsync(Insert(Message("a", 1)), "documents");
        Assert.That((await FindAsync(new BsonDocument { { "c", new BsonDocument { { "$regex", "a" } } } })).Number("code"), Is.EqualTo(2));
        BsonDocument stages = new() { { "aggregate", "messages" }, { "pipeline", new BsonArray { new BsonDocument { { "$group", 1 } } } } };
        Assert.That((await client.CommandAsync(stages)).Number("code"), Is.EqualTo(40324));
    }

    [Test]
    public async Task Indexes_AsTheyAre_AreTakenAgain_OthersOfTheNameAreNot()
    {
        Assert.That((await client.CommandAsync(Indexes)).Number("numIndexesAfter"), Is.EqualTo(3));
        Assert.That((await client.CommandAsync(Indexes)).Number("numIndexesBefore"), Is.EqualTo(3));

        Assert.That((await CreateIndexAsync("x", new BsonDocument { { "y", 1 } })).Number("code"), Is.EqualTo(86));
        Assert.That((await CreateIndexAsync("x", new BsonDocument { { "x", 1 } })).Number("code"), Is.EqualTo(85));
        Assert.That((await CreateIndexAsync("other", new BsonDocument { { "x", 1 } })).Number("code"), Is.EqualTo(85));
    }

    [TestCase(null)]
    [TestCase("documents")]
    public async Task Duplicate_InAnOrderedInsert_EndsIt(string? sequence)
    {
        await client.CommandAsync(Indexes);

        BsonDocument reply = await client.CommandAsync(Insert(Message("a", 1), Message("a", 1, "other"), Message("a", 2)), sequence);

        Assert.That(reply.Number("n"), Is.EqualTo(1));
        BsonDocument error = reply.Documents("writeErrors").Single();
        Assert.That(error.Number("index"), Is.EqualTo(1));
        Assert.That(error["errmsg"], Is.EqualTo("E11000 duplicate key error collection: test.messages index: c_s dup key: { c: \"a\", s: 1 }"));
        Assert.That(server.Documents("messages"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Duplicates_InAnUnorderedInsert_StopNothing()
    {
        await client.CommandAsync(Indexes);
        BsonDocument insert = Insert(Message("a", 1), Message("a", 1), Message("a", 2), Message("a", 2));
        insert.Add("ordered", false);

        BsonDocument reply = await client.CommandAsync(insert, "documents");

        Assert.That(reply.Number("n"), Is.EqualTo(2));
        Assert.That(reply.Documents("writeErrors").Select(e => (e.Number("index"), e.Number("code"))), Is.EqualTo(new[] { (1L, 11000L), (3L, 11000L) }));
    }

    [Test]
    public async Task Find_InARange_SortedAndLimited_GivesTheFieldsAskedFor()
    {
        await client.CommandAsync(Insert([.. Enumerable.Range(1, 200).Select(s => Message("a", s)), Message("b", 7)]));
        BsonDocument find = new()
        {
            { "find", "messages" },
            { "filter", new BsonDocument { { "c", "a" }, { "s", new BsonDocument { { "$gt", 5 }, { "$lte", 100 } } } } },
            { "sort", new BsonDocument { { "s", -1 } } },
            { "limit", 2 },
            { "projection", new BsonDocument { { "_id", 0 }, { "s", 1 } } },
        };

        BsonDocument reply = await client.CommandAsync(find);

        Assert.That(reply.ToString(), Is.EqualTo("{ cursor: { firstBatch: [ { s: 100 }, { s: 99 } ], id: 0, ns: \"test.messages\" }, ok: 1 }"));
        Assert.That(Batch(await FindAsync([])), Has.Count.EqualTo(201));
        Assert.That(Batch(await FindAsync([], new("singleBatch", true), new("limit", 150))), Has.Count.EqualTo(101), "a single batch has a batch's size");
    }

    [Test]
    public async Task Find_ByEmbeddedId_ComparesFieldByField()
    {
        await client.CommandAsync(Insert(Message("a", 1), Message("b", 1), Message("b", 2)));
        var from = new BsonDocument { { "c", "b" }, { "i", BsonKey.Min } };
        var to = new BsonDocument { { "c", "b" }, { "i", BsonKey.Max } };

        BsonDocument range = await FindAsync(new BsonDocument { { "_id", new BsonDocument { { "$gt", from }, { "$lt", to } } } });
        BsonDocument exact = await FindAsync(new BsonDocument { { "_id", new BsonDocument { { "c", "a" }, { "i", "1" } } } });
        BsonDocument otherOrder = await FindAsync(new BsonDocument { { "_id", new BsonDocument { { "i", "1" }, { "c", "a" } } } });
        BsonDocument among = await FindAsync(new BsonDocument { { "_id", new BsonDocument { { "$in", new BsonArray { Id("b", "2"), Id("c", "1") } } } } });

        Assert.That(new[] { range, exact, otherOrder, among }.Select(r => Batch(r).Count), Is.EqualTo(new[] { 2, 1, 0, 1 }));
    }

    [TestCase("e1", 3, 5)]
    [TestCase("e1", 8, 8)]
    [TestCase("e2", 3, 3)]
    public async Task Cursor_ByPipeline_GoesForward_AndStartsAnewWithAnotherEpoch(string epoch, int seq, int expected)
    {
        BsonDocument first = await client.CommandAsync(MoveCursor("e1", 5));
        BsonDocument second = await client.CommandAsync(MoveCursor(epoch, seq));

        Assert.That(first.ToString(), Is.EqualTo("{ n: 1, ok: 1, nModified: 0, upserted: [ { index: 0, _id: \"d\" } ] }"));
        Assert.That(second.Number("n"), Is.EqualTo(1));
        Assert.That(server.Documents("cursors").Single().ToString(), Is.EqualTo($"{{ _id: \"d\", s: {expected}, e: \"{epoch}\", x: Date(1) }}"));
    }

    [Test]
    public async Task FindAndModify_Upserting_SetsOnce()
    {
        BsonDocument first = await client.CommandAsync(SetOnce("k3f9"));
        BsonDocument second = await client.CommandAsync(SetOnce("other"));

        Assert.That(first.At("value.epoch"), Is.EqualTo("k3f9"));
        Assert.That(second.At("value.epoch"), Is.EqualTo("k3f9"));
        Assert.That(second.At("lastErrorObject.updatedExisting"), Is.True);
    }

    [Test]
    public async Task Max_RaisesOnly_AndTheNewestMessageIsLookedUp()
    {
        await client.CommandAsync(Insert(Message("a", 1), Message("a", 2), Message("b", 9)));
        foreach (int top in (int[])[1024, 512])
        {
            var update = new BsonDocument { { "q", new BsonDocument { { "_id", "a" } } }, { "u", new BsonDocument { { "$max", new BsonDocument { { "top", top } } } } }, { "upsert", true } };
            await client.CommandAsync(new BsonDocument { { "update", "channels" }, { "updates", new BsonArray { update } } }, "updates");
        }

        var newest = new BsonArray { Stage("$sort", new BsonDocument { { "s", -1 } }), Stage("$limit", 1), Stage("$project", new BsonDocument { { "_id", 0 }, { "s", 1 } }) };
        var stages = new BsonArray
        {
            Stage("$match", new BsonDocument { { "_id", new BsonDocument { { "$in", new BsonArray { "a", "b" } } } } }),
            Stage("$lookup", new BsonDocument { { "from", "messages" }, { "localField", "_id" }, { "foreignField", "c" }, { "pipeline", newest }, { "as", "m" } }),
            Stage("$project", new BsonDocument { { "top", 1 }, { "m", 1 } }),
        };
        BsonDocument heads = await client.CommandAsync(new BsonDocument { { "aggregate", "channels" }, { "pipeline", stages }, { "cursor", new BsonDocument() } });

        Assert.That(Batch(heads).Single().ToString(), Is.EqualTo("{ _id: \"a\", top: 1024, m: [ { s: 2 } ] }"));
    }

    [Test]
    public async Task Delete_AndDropDatabase_Remove()
    {
        await client.CommandAsync(Insert(Message("a", 1), Message("a", 2), Message("b", 1), Message("b", 2)));
        var one = new BsonDocument { { "q", new BsonDocument { { "c", "a" } } }, { "limit", 1 } };
        var all = new BsonDocument { { "q", new BsonDocument { { "c", "b" } } }, { "limit", 0 } };

        BsonDocument reply = await client.CommandAsync(new BsonDocument { { "delete", "messages" }, { "deletes", new BsonArray { one, all } } });

        Assert.That(reply.Number("n"), Is.EqualTo(3));
        Assert.That(server.Documents("messages").Single()["s"], Is.EqualTo(2));
        await client.CommandAsync(new BsonDocument { { "dropDatabase", 1 } });
        Assert.That(server.Documents("messages"), Is.Empty);
    }

    [Test]
    public async Task WriteWithoutReply_IsCarriedOut_AndNotAnswered()
    {
        await client.SendAsync(Insert(Message("a", 1)), "documents", wantsReply: false);

        BsonDocument reply = await client.CommandAsync(new BsonDocument { { "ping", 1 } });

        Assert.That(reply.Count, Is.EqualTo(1), "the answer is ping's");
        Assert.That(server.Documents("messages"), Has.Count.EqualTo(1));
        Assert.That(server.Commands[0].ToString(), Does.StartWith("{ insert: \"messages\", $db: \"test\", documents: [ { _id: { c: \"a\", i: \"1\" }"));
    }

    private static BsonDocument Stage(string name, object value) => new() { { name, value } };

    private static BsonDocument Id(string channel, string id) => new() { { "c", channel }, { "i", id } };

    private static BsonDocument Message(string channel, int seq, string? id = null) => new() { { "_id", Id(channel, id ?? $"{seq}") }, { "c", channel }, { "s", seq } };

    private static BsonDocument Insert(params BsonDocument[] documents) => new() { { "insert", "messages" }, { "documents", new BsonArray(documents) } };

    private static List<BsonDocument> Batch(BsonDocument reply) => [.. ((BsonDocument)reply["cursor"]!).Documents("firstBatch")];

    private static BsonDocument MoveCursor(string epoch, int seq)
    {
        var same = new BsonDocument { { "$eq", new BsonArray { "$e", epoch } } };
        var forward = new BsonDocument { { "$max", new BsonArray { "$s", seq } } };
        var set = new BsonDocument { { "s", new BsonDocument { { "$cond", new BsonArray { same, forward, seq } } } }, { "e", epoch }, { "x", new BsonDate(1) } };
        var update = new BsonDocument { { "q", new BsonDocument { { "_id", "d" } } }, { "u", new BsonArray { Stage("$set", set) } }, { "upsert", true } };
        return new BsonDocument { { "update", "cursors" }, { "updates", new BsonArray { update } } };
    }

    private static BsonDocument SetOnce(string epoch) => new()
    {
        { "findAndModify", "meta" },
        { "query", new BsonDocument { { "_id", "epoch" } } },
        { "update", new BsonDocument { { "$setOnInsert", new BsonDocument { { "epoch", epoch } } } } },
        { "upsert", true },
        { "new", true },
    };

    private Task<BsonDocument> CreateIndexAsync(string name, BsonDocument key) => client.CommandAsync(new BsonDocument
    {
        { "createIndexes", "messages" },
        { "indexes", new BsonArray { new BsonDocument { { "key", key }, { "name", name } } } },
    });

    private Task<BsonDocument> FindAsync(BsonDocument filter, params KeyValuePair<string, object?>[] options) =>
        client.CommandAsync([new("find", "messages"), new("filter", filter), .. options]);
}
