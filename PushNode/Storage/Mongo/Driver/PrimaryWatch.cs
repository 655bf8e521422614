using System.Runtime.InteropServices;
using static PushNode.Storage.Mongo.Driver.NativeDriver;

namespace PushNode.Storage.Mongo.Driver;

/// <summary>Counts the elections of a replica set as its driver learns of them, which is before it sends anything to the server that was elected.</summary>
internal sealed unsafe class PrimaryWatch : IDisposable
{
    private readonly Lock gate = new();
    private readonly GCHandle handle;
    private byte[] election = [];
    private int count;

    public PrimaryWatch() => handle = GCHandle.Alloc(this);

    /// <summary>How many primaries there have been; 0 where there is no replica set.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Watches the pool's servers. To be called once, before the pool is used.</summary>
    public void Attach(nint pool)
    {
        nint callbacks = mongoc_apm_callbacks_new();
        mongoc_apm_set_server_changed_cb(callbacks, &ServerChanged);
        mongoc_client_pool_set_apm_callbacks(pool, callbacks, GCHandle.ToIntPtr(handle));
        mongoc_apm_callbacks_destroy(callbacks);
    }

    /// <summary>To be called when the pool is gone.</summary>
    public void Dispose() => handle.Free();

    [UnmanagedCallersOnly]
    private static void ServerChanged(nint changed)
    {
        if (GCHandle.FromIntPtr(mongoc_apm_server_changed_get_context(changed)).Target is not PrimaryWatch watch)
            return;
        byte* hello = mongoc_server_description_hello_response(mongoc_apm_server_changed_get_new_description(changed));
        if (hello is not null)
            watch.Note(BsonReader.Of(bson_get_data(hello)));
    }

    // Only a primary names the election that it has won.
    private void Note(BsonReader hello)
    {
        if (!hello.Find("electionId"u8))
            return;
        lock (gate)
        {
            if (hello.Value.SequenceEqual(election))
                return;
            election = hello.Value.ToArray();
            Interlocked.Increment(ref count);
        }
    }
}
