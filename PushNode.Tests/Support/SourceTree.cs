using System.Runtime.CompilerServices;

namespace PushNode.Tests.Support;

/// <summary>The sources these tests were built from.</summary>
internal static class SourceTree
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", ".."));

    /// <summary>The product's source files, without what the build makes.</summary>
    public static IEnumerable<string> ProductFiles() => Files("PushNode");

    /// <summary>All source files of one project.</summary>
    public static IEnumerable<string> Files(string project) => Directory
        .EnumerateFiles(Path.Combine(Root, project), "*.cs", SearchOption.AllDirectories)
        .Where(static f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            && !f.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
