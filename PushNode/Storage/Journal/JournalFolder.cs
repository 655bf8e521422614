using System.Globalization;
using PushNode.Settings;

namespace PushNode.Storage.Journal;

/// <summary>The journal's folder and the names in it.</summary>
/// <param name="Path">The folder.</param>
internal sealed record JournalFolder(string Path)
{
    private const string Name = "journal";
    private const string Extension = ".log";
    private const string NumberFormat = "D8";

    /// <summary>The one of a node's data folder.</summary>
    public static JournalFolder In(DataFolder data) => new(System.IO.Path.Combine(data.Path, Name));

    /// <summary>The log of what outlives segments.</summary>
    public string StatePath => System.IO.Path.Combine(Path, "state");

    /// <summary>What becomes the state log when it is complete.</summary>
    public string NewStatePath => StatePath + ".new";

    /// <summary>Written to find out whether the disk takes anything.</summary>
    public string ProbePath => System.IO.Path.Combine(Path, "probe");

    /// <summary>Holds nothing but room.</summary>
    public string ReservePath => System.IO.Path.Combine(Path, "reserve");

    public string SegmentPath(int number) => System.IO.Path.Combine(Path, number.ToString(NumberFormat, CultureInfo.InvariantCulture) + Extension);

    /// <summary>The numbers of the segment files there are, in order.</summary>
    public List<int> ListSegments()
    {
        var numbers = new List<int>();
        foreach (string file in Directory.EnumerateFiles(Path, "*" + Extension))
        {
            string name = System.IO.Path.GetFileNameWithoutExtension(file);
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && SegmentPath(number) == file)
                numbers.Add(number);
        }

        numbers.Sort();
        return numbers;
    }
}
