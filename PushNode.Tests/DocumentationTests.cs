using System.Reflection;
using System.Text.RegularExpressions;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests;

/// <summary>The documentation names what there is.</summary>
internal sealed partial class DocumentationTests
{
    [Test]
    public void Configuration_NamesEverySetting_AndNoOther()
    {
        string text = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "configuration.md"));
        string[] documented = [.. Key().Matches(text).Select(m => m.Groups[1].Value).Where(k => k.Contains(':', StringComparison.Ordinal) && !k.StartsWith("Logging", StringComparison.Ordinal))];

        Assert.That(documented, Is.EquivalentTo(Settings()));
    }

    [Test]
    public void Producers_NamesEveryProblemCode_AndNoOther()
    {
        string text = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "producers.md"));
        IEnumerable<string> documented = ProblemRow().Matches(text).Select(static m => m.Groups[1].Value);
        IEnumerable<string> used = SourceTree.ProductFiles().SelectMany(static file => ProblemCode().Matches(File.ReadAllText(file))).Select(static m => m.Groups[1].Value);

        Assert.That(documented, Is.EquivalentTo(used.Distinct()));
    }

    [Test]
    public void Links_LeadSomewhere()
    {
        string[] folders = [SourceTree.Root, Path.Combine(SourceTree.Root, "docs"), Path.Combine(SourceTree.Root, "bench")];
        foreach (string file in folders.SelectMany(static folder => Directory.GetFiles(folder, "*.md")))
        {
            foreach (Match link in Link().Matches(File.ReadAllText(file)))
            {
                string target = Path.Combine(Path.GetDirectoryName(file)!, link.Groups[1].Value);
                Assert.That(File.Exists(target), $"{file} links to {link.Groups[1].Value}");
            }
        }
    }

    private static IEnumerable<string> Settings() =>
        from type in typeof(ISettings).Assembly.GetTypes()
        where type.IsClass && typeof(ISettings).IsAssignableFrom(type) && type.IsSealed
        let section = (string)type.GetProperty(nameof(ISettings.Section), BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy)!.GetValue(null)!
        from key in Keys(type, section)
        select key;

    private static IEnumerable<string> Keys(Type type, string prefix)
    {
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.CanWrite)
                yield return $"{prefix}:{property.Name}";
            else if (property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal))
            {
                foreach (string key in Keys(property.PropertyType, $"{prefix}:{property.Name}"))
                    yield return key;
            }
        }
    }

    [GeneratedRegex(@"^\| `([A-Za-z:]+)`", RegexOptions.Multiline)]
    private static partial Regex Key();

    [GeneratedRegex(@"^\| (?:\d{3}[ …]*|other) \| `([a-z_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex ProblemRow();

    // The first text of a problem: after its status, or as what is made by BadRequest and its like.
    [GeneratedRegex(@"(?:\bnew(?: Problem)?\(\s*(?:StatusCodes\.\w+|e\.StatusCode|status),\s*|\b(?:BadRequest|Forbidden|TooManyRequests)\((?:[\w.]+ \? ""[a-z_]+"" : )?\s*)""([a-z_]+)""")]
    private static partial Regex ProblemCode();

    [GeneratedRegex(@"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
