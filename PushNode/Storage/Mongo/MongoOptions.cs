using PushNode.Settings;

namespace PushNode.Storage.Mongo;

/// <summary>The MongoDB that keeps the messages (section <c>Mongo</c>). Without it they are kept in a journal on a node's own disk.</summary>
internal sealed class MongoOptions : ISettings
{
    /// <summary>The database, where neither the settings nor the connection string name one.</summary>
    public const string DefaultDatabase = "pushnode";

    /// <summary>The longest data of a message: some fit into one reply, which ends at 16 MB.</summary>
    public const int MaxDataBytes = 4 << 20;

    /// <summary>The longest name of a database.</summary>
    public const int MaxDatabase = 63;

    private const int MaxPrefix = 64;

    /// <summary>How long records are kept at least, whatever the message's ttl, so that none of their numbers is ever used again.</summary>
    public static readonly TimeSpan MinKept = TimeSpan.FromDays(3);

    public static string Section => "Mongo";

    /// <summary>
    /// Where it is, as a standard connection string: <c>mongodb://[user:password@]host[:27017][,host2…][/database][?options]</c>, or <c>mongodb+srv://</c>. A secret when it
    /// has a password.
    /// </summary>
    public string? Connection { get; set; }

    /// <summary>A file that holds it; line ends after it do not count.</summary>
    public string? ConnectionFile { get; set; }

    /// <summary>The database; without it the one that the connection string names, or else <c>pushnode</c>.</summary>
    public string? Database { get; set; }

    /// <summary>What the names of the collections begin with: up to 64 of <c>[A-Za-z0-9_-]</c>.</summary>
    public string CollectionPrefix { get; set; } = "";

    /// <summary>How long a message is kept, whatever its ttl; 1 hour to 10 years. Its record stays for three days at least.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long the cursor of a device is kept after it has last moved; 1 day to 10 years, and not shorter than the messages.</summary>
    public TimeSpan CursorRetention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>
    /// How long a command may take, and how long messages wait for a database that does not answer, because its primary changes for example, before they are
    /// refused: 1 s to 1 min.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    public IEnumerable<SettingError> Check() =>
    [
        .. CheckTexts(),
        .. SettingError.Range($"{Section}:{nameof(Retention)}", Retention, TimeSpan.FromHours(1), TimeSpan.FromDays(3650)),
        .. SettingError.Range($"{Section}:{nameof(CursorRetention)}", CursorRetention, TimeSpan.FromDays(1), TimeSpan.FromDays(3650)),
        .. CheckCursorRetention(),
        .. SettingError.Range($"{Section}:{nameof(Timeout)}", Timeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)),
    ];

    private IEnumerable<SettingError> CheckTexts()
    {
        if (!string.IsNullOrEmpty(Connection) && !string.IsNullOrEmpty(ConnectionFile))
            yield return new SettingError($"{Section}:{nameof(Connection)}", null, "cannot be combined with Mongo:ConnectionFile: keep one of them");
        else if (!string.IsNullOrEmpty(Connection) && MongoAddress.FindFault(Connection) is { } fault)
            yield return new SettingError($"{Section}:{nameof(Connection)}", null, fault);
        if (Database is not null && (Database.Length is 0 or > MaxDatabase || !IsPlain(Database)))
            yield return new SettingError($"{Section}:{nameof(Database)}", Database, $"it must be 1 to {MaxDatabase} of A-Z a-z 0-9 _ -");
        if (CollectionPrefix.Length > MaxPrefix || !IsPlain(CollectionPrefix))
            yield return new SettingError($"{Section}:{nameof(CollectionPrefix)}", CollectionPrefix, $"it must be up to {MaxPrefix} of A-Z a-z 0-9 _ -");
    }

    private IEnumerable<SettingError> CheckCursorRetention()
    {
        if (CursorRetention < Retention)
        {
            yield return new SettingError(
                $"{Section}:{nameof(CursorRetention)}",
                CursorRetention.ToString(),
                $"it must not be shorter than Mongo:Retention, which is {Retention}: a device whose cursor is gone receives again what is kept");
        }
    }

    private static bool IsPlain(string text) => text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
