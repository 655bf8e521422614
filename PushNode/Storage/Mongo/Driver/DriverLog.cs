using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PushNode.Diagnostics;

namespace PushNode.Storage.Mongo.Driver;

/// <summary>Takes what libmongoc would print on standard error to the log. One for the process, as the library has one handler.</summary>
internal static unsafe class DriverLog
{
    // MONGOC_LOG_LEVEL_WARNING; what is above is less severe.
    private const int Warning = 2;

    // What goes on for long it says with every attempt, several times a second.
    private static readonly Occasional Repeats = new(TimeProvider.System, TimeSpan.FromMinutes(1));

    private static volatile ILogger? target;
    private static volatile string? last;

    /// <summary>Where it goes from now on.</summary>
    public static void WriteTo(ILogger logger) => target = logger;

    /// <summary>Has the library call here.</summary>
    public static void Attach() => NativeDriver.mongoc_log_set_handler(&Write, null);

    [UnmanagedCallersOnly]
    private static void Write(int level, byte* domain, byte* message, void* userData)
    {
        if (level > Warning || target is not { } logger)
            return;
        try
        {
            string text = Text(message);
            if (text == last && !Repeats.IsDue())
                return;
            last = text;
            logger.DriverSays(Text(domain), text);
        }
        catch (Exception)
        {
            // A log that fails must not end the process, which an exception in the library's frames would.
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
