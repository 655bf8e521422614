using System.Reflection;
using System.Runtime.InteropServices;

namespace PushNode.Storage.Mongo.Driver;

/// <summary>Finds libmongoc on this machine, once, when MongoDB is first used.</summary>
internal static unsafe partial class DriverLibrary
{
    /// <summary>What to do when there is none, as the rest of a sentence.</summary>
    public const string Remedy =
        "MongoDB is reached through its C driver, libmongoc, which is not on this machine: install it (Debian, Ubuntu: apt-get install libmongoc-1.0-0; "
        + "macOS: brew install mongo-c-driver; Windows: vcpkg install mongo-c-driver)";

    private static readonly string[] MongocNames =
        ["libmongoc-1.0.so.0", "libmongoc2.so.2", "libmongoc-1.0.0.dylib", "libmongoc2.2.dylib", "mongoc-1.0.dll", "mongoc2.dll", "libmongoc-1.0", "libmongoc2"];

    private static readonly string[] BsonNames =
        ["libbson-1.0.so.0", "libbson2.so.2", "libbson-1.0.0.dylib", "libbson2.2.dylib", "bson-1.0.dll", "bson2.dll", "libbson-1.0", "libbson2"];

    // Where Homebrew keeps libraries, which the loader does not search by itself.
    private static readonly string[] Folders = ["", "/opt/homebrew/lib/", "/usr/local/lib/"];

    private static readonly Lazy<Libraries?> Loaded = new(Load);

    /// <summary>Loads the library; false when there is none.</summary>
    public static bool TryLoad() => Loaded.Value is not null;

    /// <summary>The version of the library loaded.</summary>
    public static string Version => Marshal.PtrToStringUTF8((nint)NativeDriver.mongoc_get_version()) ?? "";

    private static Libraries? Load()
    {
        KeepCountersPrivate();
        // The two are of one build, so the same place in both lists.
        for (int i = 0; i < MongocNames.Length; i++)
        {
            foreach (string folder in Folders)
            {
                if (!NativeLibrary.TryLoad(folder + BsonNames[i], out nint bson))
                    continue;
                if (!NativeLibrary.TryLoad(folder + MongocNames[i], out nint mongoc))
                    continue;
                var libraries = new Libraries(mongoc, bson);
                NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => libraries.Find(name));
                DriverLog.Attach();
                NativeDriver.mongoc_init();
                return libraries;
            }
        }

        return null;
    }

    // As soon as it is loaded it would make a file of counters in /dev/shm, which a process that is killed leaves there, and which a later one of the same id stumbles
    // over. It reads the process's own environment, of which .NET has a copy.
    private static void KeepCountersPrivate()
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
            _ = SetEnvironment("MONGOC_DISABLE_SHM", "1", overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    private sealed record Libraries(nint Mongoc, nint Bson)
    {
        public nint Find(string name) => name switch { NativeDriver.Mongoc => Mongoc, NativeDriver.Bson => Bson, _ => 0 };
    }
}
