using System.Text;

namespace PushNode.Tests.Collect;

/// <summary>Random JSON texts in every spelling: white space, number forms, escapes.</summary>
internal static class RandomJson
{
    private static readonly string[] Characters = ["a", "Z", " ", "é", "漢", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\uD83D\\uDE00", "\u2028", "\\u0000", "{", "]", ","];
    private static readonly string[] Numbers = ["0", "-0", "1.50", "1e5", "1E+05", "-12.340e-7", "123456789012345678901234567890", "0.0"];
    private static readonly string[] Spaces = ["", "", "", " ", "\t", "\r\n", "  \n"];

    public static string Value(Random random, int depth) => random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => "null",
        1 => random.Next(2) == 0 ? "true" : "false",
        2 => Numbers[random.Next(Numbers.Length)],
        3 or 4 => Text(random),
        5 => Pad(random, ["[", .. Join(random, depth, static (r, d) => [Value(r, d)]), "]"]),
        _ => Pad(random, ["{", .. Join(random, depth, static (r, d) => [Text(r), ":", Value(r, d)]), "}"]),
    };

    /// <summary>The tokens with random white space between them.</summary>
    public static string Pad(Random random, params string[] tokens)
    {
        var text = new StringBuilder(tokens[0]);
        foreach (string token in tokens.AsSpan(1))
            text.Append(Spaces[random.Next(Spaces.Length)]).Append(token);
        return text.ToString();
    }

    private static List<string> Join(Random random, int depth, Func<Random, int, string[]> item)
    {
        var tokens = new List<string>();
        for (int count = random.Next(4); count > 0; count--)
        {
            tokens.AddRange(item(random, depth - 1));
            if (count > 1)
                tokens.Add(",");
        }

        return tokens;
    }

    private static string Text(Random random) =>
        $"\"{string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Characters[random.Next(Characters.Length)]))}\"";
}
