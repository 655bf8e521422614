using System.Runtime.InteropServices;

namespace PushNode.Storage.Mongo.Driver;

/// <summary>
/// The functions of libmongoc, MongoDB's C driver, that are used here, as its headers declare them
/// (https://mongoc.org/libmongoc/current/api.html). Versions 1.21 and later of the 1.x line and the 2.x line have them alike.
/// </summary>
internal static unsafe partial class NativeDriver
{
    public const string Mongoc = "mongoc";
    public const string Bson = "bson";

    /// <summary>The size and the alignment of a <c>bson_t</c>, in bytes.</summary>
    public const int BsonSize = 128;

    /// <summary>Errors of the server are told apart from those of the driver.</summary>
    public const int ErrorApiVersion = 2;

    /// <summary><c>MONGOC_READ_PRIMARY</c>.</summary>
    public const int ReadPrimary = 1;

    [LibraryImport(Mongoc)]
    public static partial void mongoc_init();

    [LibraryImport(Mongoc)]
    public static partial byte* mongoc_get_version();

    [LibraryImport(Mongoc)]
    public static partial void mongoc_log_set_handler(delegate* unmanaged<int, byte*, byte*, void*, void> handler, void* userData);

    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint mongoc_uri_new_with_error(string uri, NativeError* error);

    [LibraryImport(Mongoc)]
    public static partial void mongoc_uri_destroy(nint uri);

    [LibraryImport(Mongoc)]
    public static partial byte* mongoc_uri_get_database(nint uri);

    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mongoc_uri_has_option(nint uri, string key);

    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mongoc_uri_get_option_as_int32(nint uri, string key, int fallback);

    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mongoc_uri_set_option_as_int32(nint uri, string key, int value);

    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mongoc_uri_set_appname(nint uri, string value);

    [LibraryImport(Mongoc)]
    public static partial nint mongoc_client_pool_new_with_error(nint uri, NativeError* error);

    [LibraryImport(Mongoc)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mongoc_client_pool_set_error_api(nint pool, int version);

    [LibraryImport(Mongoc)]
    public static partial void mongoc_client_pool_max_size(nint pool, uint size);

    [LibraryImport(Mongoc)]
    public static partial nint mongoc_client_pool_pop(nint pool);

    [LibraryImport(Mongoc)]
    public static partial void mongoc_client_pool_push(nint pool, nint client);

    [LibraryImport(Mongoc)]
    public static partial void mongoc_client_pool_destroy(nint pool);

    [LibraryImport(Mongoc)]
    public static partial nint mongoc_read_prefs_new(int mode);

    [LibraryImport(Mongoc)]
    public static partial void mongoc_read_prefs_destroy(nint preferences);

    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mongoc_client_read_command_with_opts(nint client, string database, byte* command, nint preferences, byte* options, byte* reply, NativeError* error);

    [LibraryImport(Mongoc, StringMarshalling = StringMarshalling.Utf8)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mongoc_client_write_command_with_opts(nint client, string database, byte* command, byte* options, byte* reply, NativeError* error);

    [LibraryImport(Mongoc)]
    public static partial nint mongoc_apm_callbacks_new();

    [LibraryImport(Mongoc)]
    public static partial void mongoc_apm_callbacks_destroy(nint callbacks);

    [LibraryImport(Mongoc)]
    public static partial void mongoc_apm_set_server_changed_cb(nint callbacks, delegate* unmanaged<nint, void> callback);

    [LibraryImport(Mongoc)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool mongoc_client_pool_set_apm_callbacks(nint pool, nint callbacks, nint context);

    [LibraryImport(Mongoc)]
    public static partial nint mongoc_apm_server_changed_get_context(nint changed);

    [LibraryImport(Mongoc)]
    public static partial nint mongoc_apm_server_changed_get_new_description(nint changed);

    [LibraryImport(Mongoc)]
    public static partial byte* mongoc_server_description_hello_response(nint description);

    [LibraryImport(Bson)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool bson_init_static(byte* bson, byte* data, nuint length);

    [LibraryImport(Bson)]
    public static partial byte* bson_get_data(byte* bson);

    [LibraryImport(Bson)]
    public static partial void bson_destroy(byte* bson);

    /// <summary>A <c>bson_error_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 512)]
    public struct NativeError
    {
        public const int MessageLength = 503;

        public uint Domain;
        public uint Code;
        public fixed byte Message[MessageLength];

        /// <summary>The message; bytes that are no UTF-8 are replaced.</summary>
        public readonly string Text
        {
            get
            {
                fixed (byte* message = Message)
                    return Marshal.PtrToStringUTF8((nint)message) ?? "";
            }
        }
    }
}
