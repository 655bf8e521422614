using System.Net.Sockets;

namespace PushNode.Tests.Support.Mongo;

/// <summary>One connection to a <see cref="MongoDouble"/>, over which a test sends commands as they are: no retries, no sessions of its own.</summary>
internal sealed class MongoWireClient(MongoDouble server) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpClient connection = new(server.Address.Split(':')[0], int.Parse(server.Address.Split(':')[1], null));

    private NetworkStream Stream => connection.GetStream();

    /// <summary>
    /// Sends a command to the database <c>test</c>, the array named <paramref name="sequence"/> as a document sequence, and returns the reply; null where the
    /// connection closes instead.
    /// </summary>
    public async Task<BsonDocument?> AskAsync(BsonDocument command, string? sequence = null)
    {
        await SendAsync(command, sequence);
        return await ReplyAsync();
    }

    /// <summary>As <see cref="AskAsync"/>, of a connection that must not close.</summary>
    public async Task<BsonDocument> CommandAsync(BsonDocument command, string? sequence = null)
    {
        BsonDocument? reply = await AskAsync(command, sequence);
        Assert.That(reply, Is.Not.Null, "the connection closed");
        return reply!;
    }

    /// <summary>Sends a command, and waits for nothing.</summary>
    public async Task SendAsync(BsonDocument command, string? sequence = null, bool wantsReply = true) =>
        await Stream.WriteAsync(MongoWire.Request([.. command, new("$db", "test")], sequence, wantsReply));

    /// <summary>The reply to the oldest command sent that has none; null where the connection closes.</summary>
    public async Task<BsonDocument?> ReplyAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return await MongoWire.ReadReplyAsync(Stream, patience.Token);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendBytesAsync(byte[] bytes) => await Stream.WriteAsync(bytes);

    public ValueTask DisposeAsync()
    {
        connection.Dispose();
        return ValueTask.CompletedTask;
    }
}
