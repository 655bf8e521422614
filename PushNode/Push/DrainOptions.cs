using PushNode.Settings;

namespace PushNode.Push;

/// <summary>How a node sends its clients away (section <c>Drain</c>).</summary>
internal sealed class DrainOptions : ISettings
{
    private static readonly TimeSpan InACluster = TimeSpan.FromSeconds(30);

    public static string Section => "Drain";

    /// <summary>
    /// Over how long the clients of a node that stops are told to connect elsewhere, evenly spread: 0 to 1 h. With 0 all are closed at once. Left out, 30 s in a
    /// cluster and 0 for a node alone, whose clients have nowhere else to go.
    /// </summary>
    public TimeSpan? Window { get; set; }

    /// <summary>The window that holds.</summary>
    public TimeSpan WindowOf(bool isClustered) => Window ?? (isClustered ? InACluster : TimeSpan.Zero);

    public IEnumerable<SettingError> Check() =>
        SettingError.Range($"{Section}:{nameof(Window)}", Window ?? TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromHours(1));
}
