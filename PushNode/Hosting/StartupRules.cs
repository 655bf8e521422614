using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>
/// What has to be configured before a node may be reached from other machines. On loopback all of it may be left out: that is for trying out.
/// </summary>
internal static class StartupRules
{
    private static readonly (Roles Roles, string[] Keys, string Remedy)[] Rules =
    [
        (Roles.Collect,
            ["Collect:ApiKeys", "Collect:ApiKeysFile"],
            "so anybody could send messages: set Collect:ApiKeys (in the environment PUSHNODE_Collect__ApiKeys), or Collect:ApiKeysFile to a file that holds the keys"),
        (Roles.Auth | Roles.Push,
            ["Auth:Jwt:Secret", "Auth:Jwt:SecretFile", "Auth:Jwt:KeyFile", "Auth:Jwt:Jwks", "Auth:Webhook:Url"],
            "so there is nothing to verify tokens with: set one of Auth:Jwt:Secret (at least 32 bytes), Auth:Jwt:SecretFile, Auth:Jwt:KeyFile, Auth:Jwt:Jwks or Auth:Webhook:Url"),
    ];

    /// <summary>Whether something is left out that only loopback allows.</summary>
    public static bool IsOpen(IConfiguration configuration, Roles roles) => FindMissing(configuration, roles).Any();

    /// <summary>Whether nothing is configured that says how tokens are verified, so that the node uses a key it has made itself.</summary>
    public static bool UsesGeneratedKey(IConfiguration configuration) => FindMissing(configuration, Roles.Auth).Any();

    /// <summary>Why the node must not start; empty when it may.</summary>
    public static IEnumerable<SettingError> Check(IConfiguration configuration, NodeOptions node)
    {
        ListenAddress? reachable = node.Urls.FirstOrDefault(static u => !u.IsLoopback);
        return reachable is null
            ? []
            : FindMissing(configuration, node.Roles).Select(missing => new SettingError(
                missing.Keys[0],
                null,
                $"is missing: {reachable} can be reached from other machines, {missing.Remedy}; or listen on {NodeOptions.DefaultUrls} only"));
    }

    private static IEnumerable<(string[] Keys, string Remedy)> FindMissing(IConfiguration configuration, Roles roles) =>
        from rule in Rules
        where (roles & rule.Roles) != 0 && !rule.Keys.Any(key => IsGiven(configuration.GetSection(key)))
        select (rule.Keys, rule.Remedy);

    // A variable that was not set leaves an empty text behind, and a list may have nothing in it: neither protects anything.
    private static bool IsGiven(IConfigurationSection section) =>
        section.Value?.Any(static c => c is not (',' or ' ')) == true || section.GetChildren().Any(IsGiven);
}
