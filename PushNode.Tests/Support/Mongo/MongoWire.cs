using System.Buffers.Binary;
using System.Globalization;

namespace PushNode.Tests.Support.Mongo;

/// <summary>MongoDB's wire protocol: OP_MSG, and OP_QUERY with OP_REPLY for the first message of a connection.</summary>
internal static class MongoWire
{
    /// <summary>Bytes of a message, at most.</summary>
    public const int MaxMessage = 48_000_000;

    private const int HeaderLength = 16;
    private const int OpReply = 1;
    private const int OpQuery = 2004;
    private const int OpMsg = 2013;
    private const int ChecksumPresent = 1;
    private const int MoreToCome = 2;

    /// <summary>The next command; null where the stream has ended. Throws <see cref="InvalidDataException"/> on what is not the protocol.</summary>
    public static async Task<MongoRequest?> ReadRequestAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (await ReadMessageAsync(stream, cancellationToken) is not { } message)
            return null;
        int id = BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(4));
        int operation = BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(12));
        return operation switch
        {
            OpQuery => Query(id, message.AsSpan(HeaderLength)),
            OpMsg => Message(id, message.AsSpan(HeaderLength)),
            _ => throw new InvalidDataException($"operation {operation}"),
        };
    }

    /// <summary>The bytes that answer a command.</summary>
    public static byte[] Reply(MongoRequest request, BsonDocument reply)
    {
        if (!request.IsQuery)
            return Frame(OpMsg, request.Id, writer => Body(writer, 0, reply));
        return Frame(OpReply, request.Id, writer =>
        {
            writer.Int32(8); // flags: AwaitCapable
            writer.Bytes(stackalloc byte[8]); // no cursor
            writer.Int32(0); // starting from
            writer.Int32(1); // documents
            writer.Document(reply);
        });
    }

    /// <summary>A command as OP_MSG, as a client sends it; the array named <paramref name="sequence"/> goes as a document sequence.</summary>
    public static byte[] Request(BsonDocument command, string? sequence = null, bool wantsReply = true) => Frame(OpMsg, 0, writer =>
    {
        Body(writer, wantsReply ? 0 : MoreToCome, new BsonDocument(command.Where(f => f.Key != sequence)));
        if (sequence is null)
            return;
        writer.Byte(1);
        int start = writer.BeginLength();
        writer.Name(sequence);
        foreach (BsonDocument document in command.Documents(sequence))
            writer.Document(document);
        writer.EndLength(start);
    });

    /// <summary>A command as OP_QUERY, which is how a client begins.</summary>
    public static byte[] Query(BsonDocument command) => Frame(OpQuery, 0, writer =>
    {
        writer.Int32(4); // flags: SecondaryOk
        writer.Name("admin.$cmd");
        writer.Int32(0); // skip
        writer.Int32(-1); // one document
        writer.Document(command);
    });

    /// <summary>The document of the next reply; null where the stream has ended.</summary>
    public static async Task<BsonDocument?> ReadReplyAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (await ReadMessageAsync(stream, cancellationToken) is not { } message)
            return null;
        bool isReply = BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(12)) == OpReply;
        return BsonReader.Read(message.AsSpan(HeaderLength + (isReply ? 20 : 5)));
    }

    private static async Task<byte[]?> ReadMessageAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderLength];
        if (await stream.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancellationToken) < HeaderLength)
            return null;
        int length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is < HeaderLength or > MaxMessage)
            throw new InvalidDataException($"a message of {length} bytes");
        var message = new byte[length];
        header.CopyTo(message, 0);
        await stream.ReadExactlyAsync(message.AsMemory(HeaderLength), cancellationToken);
        return message;
    }

    private static MongoRequest Query(int id, ReadOnlySpan<byte> message)
    {
        var reader = new BsonReader(message);
        reader.Int32(); // flags
        string collection = reader.Name();
        reader.Take(8); // skip and limit
        BsonDocument body = reader.ReadDocument();
        if (body["$query"] is BsonDocument inner)
            body = inner;
        var request = new MongoRequest(id, IsQuery: true, WantsReply: true, body, collection.Split('.')[0]);
        return collection == "admin.$cmd" && request.Command == "hello"
            ? request
            : throw new InvalidDataException($"OP_QUERY of {request.Command} on {collection}");
    }

    private static MongoRequest Message(int id, ReadOnlySpan<byte> message)
    {
        int flags = BinaryPrimitives.ReadInt32LittleEndian(message);
        var reader = new BsonReader((flags & ChecksumPresent) == 0 ? message : message[..^4]);
        reader.Int32();
        BsonDocument? body = null;
        var sequences = new BsonDocument();
        while (!reader.AtEnd)
        {
            byte kind = reader.Byte();
            if (kind == 0)
                body = reader.ReadDocument();
            else if (kind == 1)
                ReadSequence(ref reader, sequences);
            else
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"a section of kind {kind}"));
        }

        foreach ((string name, object? documents) in sequences)
            body?.Add(name, documents);
        return body is [_, ..] && body["$db"] is string database
            ? new MongoRequest(id, IsQuery: false, (flags & MoreToCome) == 0, body, database)
            : throw new InvalidDataException("OP_MSG without a command or without $db");
    }

    private static void ReadSequence(ref BsonReader reader, BsonDocument sequences)
    {
        var section = new BsonReader(reader.Take(reader.Int32() - 4));
        string name = section.Name();
        var documents = new BsonArray();
        while (!section.AtEnd)
            documents.Add(section.ReadDocument());
        sequences.Add(name, documents);
    }

    private static void Body(BsonWriter writer, int flags, BsonDocument body)
    {
        writer.Int32(flags);
        writer.Byte(0);
        writer.Document(body);
    }

    private static byte[] Frame(int operation, int answers, Action<BsonWriter> write)
    {
        var writer = new BsonWriter();
        int start = writer.BeginLength();
        writer.Int32(0); // no number of its own
        writer.Int32(answers);
        writer.Int32(operation);
        write(writer);
        writer.EndLength(start);
        return writer.ToArray();
    }
}
