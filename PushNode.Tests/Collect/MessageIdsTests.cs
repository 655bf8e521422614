using PushNode.Collect;
using PushNode.Messages;

namespace PushNode.Tests.Collect;

internal sealed class MessageIdsTests
{
    [Test]
    public void Ids_AreShortValidAndUnique_AlsoBetweenNodes()
    {
        MessageIds[] nodes = [new(), new()];

        string[] ids = [.. nodes.SelectMany(static node => Enumerable.Range(0, 10_000).AsParallel().Select(_ => node.Next()))];

        Assert.That(ids, Is.Unique);
        Assert.That(ids.All(static id => id.Length == 18 && Names.IsWord(id)), Is.True);
    }
}
