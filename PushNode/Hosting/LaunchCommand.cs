namespace PushNode.Hosting;

/// <summary>How this executable is called from a shell in the current directory.</summary>
internal static class LaunchCommand
{
    private const string Name = "pushnode";

    public static string Text { get; } = Find(Environment.ProcessPath, AppContext.BaseDirectory, Environment.CurrentDirectory, Environment.GetEnvironmentVariable("PATH"));

    /// <param name="process">The running program: this executable, or <c>dotnet</c> that runs its library.</param>
    /// <param name="baseDirectory">The folder of the library.</param>
    /// <param name="current">The directory that a relative path is meant from.</param>
    /// <param name="searchPath">The folders that a shell looks in.</param>
    public static string Find(string? process, string baseDirectory, string current, string? searchPath)
    {
        bool isExecutable = Path.GetFileNameWithoutExtension(process) == Name;
        if (!isExecutable)
            return $"dotnet {Shorten(Path.Combine(baseDirectory, Name + ".dll"), current)}";

        string[] folders = (searchPath ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string? first = folders.Select(folder => Path.Combine(folder, Path.GetFileName(process!))).FirstOrDefault(File.Exists);
        return first is not null && IsSame(first, process!) ? Name : Shorten(process!, current);
    }

    /// <summary>A path as it is typed in <paramref name="current"/>: relative when it is below, and quoted where a shell would take it apart.</summary>
    public static string Shorten(string path, string current)
    {
        string relative = Path.GetRelativePath(current, path);
        string text = relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? path
            : relative.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? relative
            : Path.Combine(".", relative);
        return text.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('/' or '\\' or '.' or '-' or '_' or ':' or '+')) ? $"'{text}'" : text;
    }

    private static bool IsSame(string candidate, string process) =>
        Path.GetFullPath(File.ResolveLinkTarget(candidate, returnFinalTarget: true)?.FullName ?? candidate) == Path.GetFullPath(process);
}
