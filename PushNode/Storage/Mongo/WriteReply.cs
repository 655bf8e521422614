using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>What became of the writes of one command.</summary>
/// <param name="Index">Which write was the first to fail; -1 when none did.</param>
/// <param name="Code">The code of that error.</param>
/// <param name="Error">What the server says about it.</param>
/// <param name="Unconfirmed">Why the majority of the servers has not confirmed what was written; null when it has.</param>
internal readonly record struct WriteReply(int Index, int Code, string? Error, string? Unconfirmed)
{
    public const int DuplicateKey = 11000;

    private const string IdIndex = "_id_";

    /// <summary>Which unique index refuses a document as a duplicate, when PushNode has not made that index; else null.</summary>
    public string? ForeignIndex => Code == DuplicateKey && FindIndex(Error) is { } index && index is not (IdIndex or MongoSetup.NumberIndex) ? index : null;

    /// <summary>Whether there is a document with this id, or with this number of the channel.</summary>
    public bool IsTaken => Code == DuplicateKey && ForeignIndex is null;

    /// <summary>Whether it is the number that is taken.</summary>
    public bool IsNumberTaken => Code == DuplicateKey && FindIndex(Error) == MongoSetup.NumberIndex;

    public bool HasFailed => Index >= 0 || Unconfirmed is not null;

    public static WriteReply Read(BsonReader reply)
    {
        int index = -1;
        int code = 0;
        string? error = null;
        string? unconfirmed = null;
        while (reply.Read())
        {
            if (reply.Name.SequenceEqual("writeErrors"u8))
            {
                BsonReader errors = reply.Elements;
                if (errors.Read())
                    (index, code, error) = ReadError(errors.Elements);
            }
            else if (reply.Name.SequenceEqual("writeConcernError"u8))
            {
                unconfirmed = ReadError(reply.Elements).Message;
            }
        }

        return new WriteReply(index, code, error, unconfirmed);
    }

    /// <exception cref="MongoException">Something failed.</exception>
    public void ThrowIfFailed()
    {
        if (Index >= 0)
            throw MongoException.OfServer(Error ?? "", Code);
        if (Unconfirmed is not null)
            throw MongoException.Unconfirmed(Unconfirmed);
    }

    // As in "E11000 duplicate key error collection: pushnode.messages index: c_s dup key: { … }".
    private static string? FindIndex(string? error)
    {
        const string before = " index: ";
        const string after = " dup key";
        int start = error?.IndexOf(before, StringComparison.Ordinal) ?? -1;
        if (start < 0)
            return null;
        string rest = error![(start + before.Length)..];
        int end = rest.IndexOf(after, StringComparison.Ordinal);
        return end < 0 ? null : rest[..end];
    }

    private static (int Index, int Code, string Message) ReadError(BsonReader error)
    {
        long index = 0;
        long code = 0;
        string message = "the server does not say why";
        while (error.Read())
        {
            if (error.Name.SequenceEqual("index"u8))
                index = error.Number ?? 0;
            else if (error.Name.SequenceEqual("code"u8))
                code = error.Number ?? 0;
            else if (error.Name.SequenceEqual("errmsg"u8))
                message = error.Text ?? message;
        }

        return ((int)index, (int)code, message);
    }
}
