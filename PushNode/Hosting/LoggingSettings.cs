using System.Globalization;
using Microsoft.Extensions.Logging.Console;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>
/// The section <c>Logging</c>, which is .NET's own: levels by category, and the console. It is checked before .NET reads it, which ends the process at a
/// value it does not know and passes over keys that mean nothing.
/// </summary>
internal static class LoggingSettings
{
    public const string Section = "Logging";

    private const string LogLevel = "LogLevel";
    private const string Console = "Console";
    private const string CaptureScopes = "CaptureScopes";
    private const string FormatterOptions = "FormatterOptions";

    private static readonly Dictionary<string, Type> Formatters = new(StringComparer.OrdinalIgnoreCase)
    {
        [ConsoleFormatterNames.Simple] = typeof(SimpleConsoleFormatterOptions),
        [ConsoleFormatterNames.Json] = typeof(JsonConsoleFormatterOptions),
        [ConsoleFormatterNames.Systemd] = typeof(ConsoleFormatterOptions),
    };

    // Those that .NET has besides are of its days before formatters, and do nothing where one is named: here one always is.
    private static readonly string[] ConsoleKeys =
    [
        nameof(ConsoleLoggerOptions.FormatterName),
        FormatterOptions,
        LogLevel,
        nameof(ConsoleLoggerOptions.LogToStandardErrorThreshold),
        nameof(ConsoleLoggerOptions.MaxQueueLength),
        nameof(ConsoleLoggerOptions.QueueFullMode),
    ];

    // Of all the formatters: changing from one to another need not change the rest.
    private static readonly string[] FormatterKeys = [.. Formatters.Values.SelectMany(static type => type.GetProperties()).Select(static p => p.Name).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>What is wrong, each with its key and the remedy; empty when all is well.</summary>
    public static IEnumerable<SettingError> Check(IConfiguration configuration)
    {
        IConfigurationSection logging = configuration.GetSection(Section);
        return
        [
            .. CheckGroup(logging, $"{LogLevel}:Default"),
            .. logging.GetChildren().SelectMany(static child => child.Key.ToUpperInvariant() switch
            {
                "LOGLEVEL" => CheckLevels(child),
                "CONSOLE" => CheckConsole(child),
                "CAPTURESCOPES" => CheckText(child, typeof(bool)),
                _ => [new SettingError(child.Path, null, $"is no setting; known are {CaptureScopes}, {Console} and {LogLevel} ({Section}:{LogLevel}:Default, {Section}:{LogLevel}:PushNode)")],
            }),
        ];
    }

    private static IEnumerable<SettingError> CheckLevels(IConfigurationSection levels) =>
    [
        .. CheckGroup(levels, "Default"),
        .. from level in levels.AsEnumerable()
           where level.Key != levels.Path && level.Value is { Length: > 0 }
           let remedy = SettingText.TryRead(level.Value, typeof(LogLevel), out _)
           where remedy is not null
           select new SettingError(level.Key, level.Value, remedy),
    ];

    private static IEnumerable<SettingError> CheckConsole(IConfigurationSection console)
    {
        string formatter = console[nameof(ConsoleLoggerOptions.FormatterName)] is { Length: > 0 } name ? name : ConsoleFormatterNames.Simple;
        if (!Formatters.TryGetValue(formatter, out Type? options))
            return [new SettingError($"{console.Path}:{nameof(ConsoleLoggerOptions.FormatterName)}", formatter, $"it must be one of {string.Join(", ", Formatters.Keys)}")];

        return
        [
            .. CheckGroup(console, nameof(ConsoleLoggerOptions.FormatterName)),
            .. CheckKeys(console, ConsoleKeys),
            .. CheckLevels(console.GetSection(LogLevel)),
            .. CheckForms(console, typeof(ConsoleLoggerOptions)),
            .. CheckQueue(console.GetSection(nameof(ConsoleLoggerOptions.MaxQueueLength))),
            .. CheckGroup(console.GetSection(FormatterOptions), nameof(ConsoleFormatterOptions.TimestampFormat)),
            .. CheckKeys(console.GetSection(FormatterOptions), FormatterKeys),
            .. CheckForms(console.GetSection(FormatterOptions), options),
        ];
    }

    private static IEnumerable<SettingError> CheckKeys(IConfigurationSection section, string[] known) =>
        from child in section.GetChildren()
        where !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)
        select new SettingError(child.Path, null, $"is no setting; known are {string.Join(", ", known)}");

    private static IEnumerable<SettingError> CheckForms(IConfigurationSection section, Type options) =>
        from property in options.GetProperties()
        where property.CanWrite && (property.PropertyType == typeof(bool) || property.PropertyType == typeof(int) || property.PropertyType.IsEnum)
        from error in CheckText(section.GetSection(property.Name), property.PropertyType)
        select error;

    private static IEnumerable<SettingError> CheckText(IConfigurationSection section, Type type)
    {
        if (section.Value is { } text && SettingText.TryRead(text, type, out _) is { } remedy)
            yield return new SettingError(section.Path, text, remedy);
    }

    private static IEnumerable<SettingError> CheckQueue(IConfigurationSection length)
    {
        if (int.TryParse(length.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) && number < 1)
            yield return new SettingError(length.Path, length.Value, "it must be at least 1");
    }

    private static IEnumerable<SettingError> CheckGroup(IConfigurationSection section, string example)
    {
        if (section.Value is { Length: > 0 } text)
            yield return new SettingError(section.Path, text, $"it is a group of settings, such as {section.Path}:{example}");
    }
}
