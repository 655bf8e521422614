namespace PushNode.Settings;

/// <summary>Roles as they are written: names separated by commas.</summary>
internal static class RoleNames
{
    public const string Key = "Roles";

    private static readonly (Roles Role, string Name)[] Known =
        [(Roles.Auth, "auth"), (Roles.Collect, "collect"), (Roles.Dispatch, "dispatch"), (Roles.Push, "push")];

    /// <summary>Each role with the one it calls. To a node alone there is no other that could have it.</summary>
    private static readonly (Roles Role, Roles Needs)[] Dependencies =
        [(Roles.Collect, Roles.Dispatch), (Roles.Dispatch, Roles.Push), (Roles.Push, Roles.Auth)];

    public static string ToText(Roles roles) => string.Join(", ", ToList(roles));

    public static IEnumerable<string> ToList(Roles roles) => Known.Where(k => roles.HasFlag(k.Role)).Select(static k => k.Name);

    /// <param name="text">The names.</param>
    /// <param name="isAlone">Whether the node has no others that it could ask.</param>
    /// <exception cref="SettingsException">No role, an unknown one, or for a node alone one without another that it calls.</exception>
    public static Roles Parse(string text, bool isAlone = true)
    {
        string[] names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0)
            throw new SettingsException(Key, text, $"it must be one or more of {ToText(Roles.All)}, separated by commas");

        var roles = Roles.None;
        foreach (string name in names)
        {
            Roles role = Known.FirstOrDefault(k => k.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Role;
            if (role == Roles.None)
                throw new SettingsException(Key, text, $"there is no role '{name}'; the roles are {ToText(Roles.All)}");
            roles |= role;
        }

        return isAlone ? Complete(text, roles) : roles;
    }

    private static Roles Complete(string text, Roles roles)
    {
        foreach ((Roles role, Roles needs) in Dependencies)
        {
            if (roles.HasFlag(role) && !roles.HasFlag(needs))
            {
                throw new SettingsException(
                    Key,
                    text,
                    $"{ToText(role)} needs {ToText(needs)}, and a node alone must run it itself: add {ToText(needs)}, or set Redis:Connection to join a cluster (collect needs dispatch, dispatch needs push, push needs auth)");
            }
        }

        return roles;
    }
}
