using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Reads a channel page by page, and remembers how far.</summary>
internal sealed class NumberingReader(IMessageStore store, Channel channel)
{
    public long Through { get; private set; }

    public long Head { get; private set; }

    public List<long> Seen { get; } = [];

    public async Task ReadAsync(int maxBytes)
    {
        MessagePage page = await store.ReadAsync(channel, Through, maxBytes, default);
        Seen.AddRange(page.Messages.Select(static m => m.Seq));
        Through = Math.Max(Through, page.Through);
        Head = page.Head;
    }
}
