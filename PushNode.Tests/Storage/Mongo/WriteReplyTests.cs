using PushNode.Storage.Mongo;
using PushNode.Tests.Support;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>What a duplicate is one of, as servers say it.</summary>
internal sealed class WriteReplyTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task Duplicate_IsOfOneOfOurIndexes_OrTheOtherIsNamed(bool inRealServer)
    {
        await using MongoDouble? own = inRealServer ? null : new MongoDouble();
        await using MongoServer server = own is null ? MongoServer.Use() : MongoServer.At(own.Uri);
        await using (await new MongoUnderTest(server.Uri, server.Database).StartAsync())
        {
            server.Run(
                static command =>
                {
                    command.Text("createIndexes"u8, "messages");
                    command.Array("indexes"u8);
                    command.Item();
                    command.Document("key"u8);
                    command.Int("d"u8, 1);
                    command.End();
                    command.Text("name"u8, "by data");
                    command.Flag("unique"u8, true);
                },
                static _ => true);

            Assert.That(Insert("a", 1, "one").HasFailed, Is.False);
            Assert.That(Facts(Insert("a", 2, "two")), Is.EqualTo((true, false, (string?)null)), "its id");
            Assert.That(Facts(Insert("b", 1, "three")), Is.EqualTo((true, true, (string?)null)), "its number");
            Assert.That(Facts(Insert("c", 3, "one")), Is.EqualTo((false, false, "by data")));
        }

        static (bool, bool, string?) Facts(WriteReply reply) => (reply.IsTaken, reply.IsNumberTaken, reply.ForeignIndex);

        WriteReply Insert(string id, int number, string data) => server.Run(
            command =>
            {
                command.Text("insert"u8, "messages");
                command.Array("documents"u8);
                command.Item();
                command.Document("_id"u8);
                command.Text("c"u8, "user:alice");
                command.Text("i"u8, id);
                command.End();
                command.Text("c"u8, "user:alice");
                command.Int("s"u8, number);
                command.Text("d"u8, data);
            },
            static reply => WriteReply.Read(reply));
    }
}
