using System.Globalization;

namespace PushNode.Bench;

/// <summary>What <c>/proc</c> of Linux tells about processes of this machine; nothing elsewhere, or where it may not be read.</summary>
internal static class LocalProcesses
{
    private const string Listening = "0A";

    /// <summary>The process that listens on a TCP port; null when it is not found.</summary>
    public static int? FindListener(int port)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        HashSet<string> sockets = [.. Lines("/proc/net/tcp").Concat(Lines("/proc/net/tcp6")).Select(line => SocketOf(line, port)).OfType<string>()];
        return sockets.Count == 0 ? null : Directory.EnumerateDirectories("/proc").Select(IdOf).OfType<int>().FirstOrDefault(id => Holds(id, sockets)) is var found and > 0 ? found : null;
    }

    /// <summary>How many files a process may open; null when that is not known.</summary>
    /// <param name="id">Its id, or <c>self</c>.</param>
    public static long? OpenFileLimit(string id)
    {
        string[]? columns = Lines($"/proc/{id}/limits").FirstOrDefault(static l => l.StartsWith("Max open files", StringComparison.Ordinal))?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return columns is not null && long.TryParse(columns[3], CultureInfo.InvariantCulture, out long limit) ? limit : null;
    }

    /// <summary>Processes that want to run, on average over the last minute; null when that is not known.</summary>
    public static double? Load() =>
        Lines("/proc/loadavg").FirstOrDefault()?.Split(' ')[0] is { } load && double.TryParse(load, CultureInfo.InvariantCulture, out double number) ? number : null;

    // "  0: 0100007F:1F90 00000000:0000 0A ... inode ...": the address has its port in hexadecimal behind the last colon.
    private static string? SocketOf(string line, int port)
    {
        string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return columns.Length > 9 && columns[3] == Listening && columns[1].EndsWith(string.Create(CultureInfo.InvariantCulture, $":{port:X4}"), StringComparison.Ordinal) ? $"socket:[{columns[9]}]" : null;
    }

    private static int? IdOf(string folder) => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : null;

    private static bool Holds(int id, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{id}/fd").Any(file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else's, or gone meanwhile.
            return false;
        }
    }

    private static IEnumerable<string> Lines(string file)
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllLines(file) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
