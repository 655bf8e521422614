using System.Runtime.InteropServices;
using static PushNode.Storage.Mongo.Driver.NativeDriver;

namespace PushNode.Storage.Mongo.Driver;

/// <summary>
/// The connections to one database. The driver finds the servers, follows the primary and logs in, and asks again once when a connection was cut; what writes it does not repeat. Calls block
/// the thread until there is an answer or one of the time limits has passed.
/// </summary>
internal sealed unsafe class MongoPool : IDisposable
{
    private const string AppName = "pushnode";
    private const uint WriteConcernDomain = 16;

    private readonly nint pool;
    private readonly PrimaryWatch primaries;
    private readonly nint primary;
    private readonly byte[] readOptions;
    private readonly byte[] writeOptions;
    private readonly string database;
    private Action<MongoPool>? confirm;
    private int confirmed;

    private MongoPool(nint pool, PrimaryWatch primaries, string database, TimeSpan timeout)
    {
        this.pool = pool;
        this.primaries = primaries;
        this.database = database;
        primary = mongoc_read_prefs_new(ReadPrimary);
        readOptions = ReadOptions();
        writeOptions = WriteOptions(timeout);
    }

    /// <summary>Whether there is a sharded cluster behind; known once <see cref="Greet"/> was called.</summary>
    public bool IsSharded { get; private set; }

    /// <summary>What the driver does not understand of a connection string, in its words; null when it does.</summary>
    public static string? FindFault(string connection)
    {
        NativeError error = default;
        nint uri = mongoc_uri_new_with_error(connection, &error);
        if (uri == 0)
            return error.Text;
        mongoc_uri_destroy(uri);
        return null;
    }

    /// <summary>Opens the pool; with <c>mongodb+srv</c> it asks the DNS, otherwise nothing is sent yet.</summary>
    /// <param name="connection">The connection string.</param>
    /// <param name="database">The database's name; null for the one that the connection string names, or else the default one.</param>
    /// <param name="defaultDatabase">The default one.</param>
    /// <param name="timeout">What a command may take, where the connection string does not say less.</param>
    /// <exception cref="MongoException">The connection string cannot be used, or the DNS does not answer.</exception>
    public static MongoPool Open(string connection, string? database, string defaultDatabase, TimeSpan timeout)
    {
        NativeError error = default;
        nint uri = mongoc_uri_new_with_error(connection, &error);
        if (uri == 0)
            throw Failure(error);
        try
        {
            // To find a server, and to reach it, takes a part of the whole time only, so that there is time for another try.
            Limit(uri, "serverselectiontimeoutms", timeout / 3);
            Limit(uri, "connecttimeoutms", timeout / 3);
            Limit(uri, "sockettimeoutms", timeout);
            if (!mongoc_uri_has_option(uri, "appname"))
                mongoc_uri_set_appname(uri, AppName);
            string name = database ?? Marshal.PtrToStringUTF8((nint)mongoc_uri_get_database(uri)) ?? defaultDatabase;
            nint pool = mongoc_client_pool_new_with_error(uri, &error);
            if (pool == 0)
                throw Failure(error);
            mongoc_client_pool_set_error_api(pool, ErrorApiVersion);
            var primaries = new PrimaryWatch();
            primaries.Attach(pool);
            return new MongoPool(pool, primaries, name, timeout);
        }
        finally
        {
            mongoc_uri_destroy(uri);
        }
    }

    /// <summary>Asks the server what it is.</summary>
    /// <exception cref="MongoException">There is no answer.</exception>
    public void Greet()
    {
        var command = new BsonWriter();
        command.Int("hello"u8, 1);
        IsSharded = Run(command, isWrite: false, static reply => reply.Find("msg"u8) && reply.Utf8.SequenceEqual("isdbgrid"u8));
    }

    /// <summary>
    /// Has something written, and confirmed by a majority, after each election before anything more is read. A primary that was just elected may not know yet of all that the
    /// one before had confirmed, and would answer less than has been answered before; what it confirms itself comes behind all that.
    /// </summary>
    /// <param name="write">Writes something that does not matter, by <see cref="Write"/>.</param>
    public void ConfirmPrimaries(Action<MongoPool> write) => confirm = write;

    /// <summary>Has the primary answer what a majority of the servers holds.</summary>
    /// <exception cref="MongoException">There is no answer, or it is an error.</exception>
    public T Read<T>(BsonWriter command, ReplyReader<T> read)
    {
        while (true)
        {
            int primary = primaries.Count;
            if (confirm is not null && Volatile.Read(ref confirmed) != primary)
            {
                confirm(this);
                Volatile.Write(ref confirmed, primary);
            }

            T answer = Run(command, isWrite: false, read);
            if (primaries.Count == primary || confirm is null)
                return answer;
        }
    }

    /// <summary>
    /// Has the primary write what a majority of the servers is to hold durably. A reply that says that single writes failed, or that the majority has not
    /// confirmed, is a reply.
    /// </summary>
    /// <exception cref="MongoException">There is no reply, or it is an error; the command may have taken effect nevertheless.</exception>
    public T Write<T>(BsonWriter command, ReplyReader<T> read) => Run(command, isWrite: true, read);

    /// <summary>Closes the connections. No call may be under way.</summary>
    public void Dispose()
    {
        mongoc_client_pool_destroy(pool);
        mongoc_read_prefs_destroy(primary);
        primaries.Dispose();
    }

    private T Run<T>(BsonWriter command, bool isWrite, ReplyReader<T> read)
    {
        byte* memory = stackalloc byte[4 * BsonSize];
        byte* native = (byte*)(((nint)memory + BsonSize - 1) & ~(nint)(BsonSize - 1));
        byte* options = native + BsonSize;
        byte* reply = options + BsonSize;
        NativeError error = default;
        ReadOnlySpan<byte> bytes = command.Finish();
        byte[] optionBytes = isWrite ? writeOptions : readOptions;
        nint client = mongoc_client_pool_pop(pool);
        if (client == 0)
            throw MongoException.OfNetwork("no connection of the pool became free in time");
        try
        {
            fixed (byte* data = bytes)
            fixed (byte* optionData = optionBytes)
            {
                if (!bson_init_static(native, data, (nuint)bytes.Length) || !bson_init_static(options, optionData, (nuint)optionBytes.Length))
                    throw new InvalidOperationException("a command is no BSON document");
                bool succeeded = isWrite
                    ? mongoc_client_write_command_with_opts(client, database, native, options, reply, &error)
                    : mongoc_client_read_command_with_opts(client, database, native, primary, options, reply, &error);
                try
                {
                    return succeeded || error.Domain == WriteConcernDomain ? read(BsonReader.Of(bson_get_data(reply))) : throw Failure(error);
                }
                finally
                {
                    bson_destroy(reply);
                }
            }
        }
        finally
        {
            mongoc_client_pool_push(pool, client);
        }
    }

    private static byte[] ReadOptions()
    {
        var options = new BsonWriter();
        options.Document("readConcern"u8);
        options.Text("level"u8, "majority");
        return options.Finish().ToArray();
    }

    // Answered before the connection is given up.
    private static byte[] WriteOptions(TimeSpan timeout)
    {
        var options = new BsonWriter();
        options.Document("writeConcern"u8);
        options.Text("w"u8, "majority");
        options.Flag("j"u8, true);
        options.Int("wtimeout"u8, (int)(timeout.TotalMilliseconds * 0.8));
        return options.Finish().ToArray();
    }

    // To the driver 0 means the option's default or no limit, and what is below it no limit.
    private static void Limit(nint uri, string option, TimeSpan most)
    {
        int limit = (int)most.TotalMilliseconds;
        int given = mongoc_uri_get_option_as_int32(uri, option, 0);
        if (given <= 0 || given > limit)
            mongoc_uri_set_option_as_int32(uri, option, limit);
    }

    private static MongoException Failure(in NativeError error) => new(error.Text, error.Domain, (int)error.Code);
}
