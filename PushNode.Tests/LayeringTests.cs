using System.Text.RegularExpressions;
using PushNode.Tests.Support;

namespace PushNode.Tests;

/// <summary>The shape of the code: folders depend on one another in the order in which a message meets them, and stay small.</summary>
internal sealed partial class LayeringTests
{
    private const int MaxLines = 400;

    private static readonly string[] Everywhere = ["Messages", "Diagnostics", "Settings", "Counting"];

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Collect"] = ["Dispatch", "Cluster", "Storage", "Access", "Transport"],
        ["Dispatch"] = ["Push", "Cluster", "Peers"],
        ["Push"] = ["Auth", "Cluster", "Storage", "Peers", "Transport"],
        ["Auth"] = ["Cluster", "Peers"],
        ["Cluster"] = ["Storage", "Peers"],
        ["Storage"] = ["Peers"],
        ["Peers"] = [],
        ["Transport"] = [],
        ["Access"] = [],
        ["Bench"] = [],
        ["Admin"] = ["Access", "Cluster", "Storage", "Peers"],
        ["Messages"] = [],
        ["Counting"] = [],
        ["Settings"] = [],
        ["Diagnostics"] = [],
    };

    [Test]
    public void Folders_UseOnlyTheFoldersBelowThem()
    {
        var found = new List<string>();
        foreach (string file in SourceTree.ProductFiles())
        {
            string folder = FolderOf(file);
            if (!Allowed.TryGetValue(folder, out string[]? allowed))
                continue;
            found.AddRange(Uses().Matches(File.ReadAllText(file))
                .Select(m => m.Groups[1].Value)
                .Where(used => used != folder && !allowed.Contains(used) && (!Everywhere.Contains(used) || Everywhere.Contains(folder)))
                .Select(used => $"{Path.GetRelativePath(SourceTree.Root, file)} uses {used}"));
        }

        Assert.That(found, Is.Empty);
    }

    [TestCase("PushNode")]
    [TestCase("PushNode.Tests")]
    public void Files_StaySmall(string project)
    {
        IEnumerable<string> large = SourceTree.Files(project)
            .Select(f => (File: Path.GetRelativePath(SourceTree.Root, f), Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > MaxLines)
            .Select(f => $"{f.File} has {f.Lines} lines");

        Assert.That(large, Is.Empty);
    }

    private static string FolderOf(string file) => Path.GetRelativePath(Path.Combine(SourceTree.Root, "PushNode"), file).Split(Path.DirectorySeparatorChar)[0];

    [GeneratedRegex(@"^using (?:static )?PushNode\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Uses();
}
