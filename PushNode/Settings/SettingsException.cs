namespace PushNode.Settings;

/// <summary>The node does not start: says which key, which value, and what would be right.</summary>
internal sealed class SettingsException(IReadOnlyList<SettingError> errors)
    : Exception(string.Join(Environment.NewLine, errors.Select(static e => e.ToString())))
{
    public SettingsException(string key, string? value, string remedy)
        : this([new SettingError(key, value, remedy)])
    {
    }

    public IReadOnlyList<SettingError> Errors { get; } = errors;
}
