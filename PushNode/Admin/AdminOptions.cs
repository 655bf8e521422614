using PushNode.Access;
using PushNode.Settings;

namespace PushNode.Admin;

/// <summary>Who may run the node over HTTP (section <c>Admin</c>).</summary>
internal sealed class AdminOptions : ISettings
{
    public static string Section => "Admin";

    /// <summary>The key, at least 16 visible ASCII characters. Without one, a node on loopback is open to its machine, any other refuses everybody.</summary>
    public string? Key { get; set; }

    /// <summary>A file that holds the key.</summary>
    public string? KeyFile { get; set; }

    public IEnumerable<SettingError> Check()
    {
        if (Key is not null && KeyFile is not null)
            yield return new SettingError("Admin:Key", null, "and Admin:KeyFile are both set: keep one of them");
        if (!string.IsNullOrEmpty(Key) && !SharedSecret.IsSecret(Key))
            yield return new SettingError("Admin:Key", null, KeyRule);
    }

    /// <summary>The key of either setting, if there is one.</summary>
    /// <exception cref="SettingsException">The file cannot be read, or holds no key.</exception>
    public AdminKey Load()
    {
        if (KeyFile is null)
            return string.IsNullOrEmpty(Key) ? AdminKey.None : new AdminKey(new SharedSecret(Key));
        string text = SecretFile.Read("Admin:KeyFile", KeyFile);
        return SharedSecret.IsSecret(text) ? new AdminKey(new SharedSecret(text)) : throw new SettingsException("Admin:KeyFile", KeyFile, $"what the file holds {KeyRule}");
    }

    private static string KeyRule => $"is no key: it must be {SharedSecret.Rule}";
}
