using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>
/// What has to be configured before a node may be reached from other machines, or be one of several. On loopback, alone, all of it may be left out: that is for
/// trying out.
/// </summary>
internal static class StartupRules
{
    private const string Verifiers = "set one of Auth:Jwt:Secret (at least 32 bytes), Auth:Jwt:SecretFile, Auth:Jwt:KeyFile, Auth:Jwt:Jwks or Auth:Webhook:Url";

    private static readonly string[] ApiKeys = ["Collect:ApiKeys", "Collect:ApiKeysFile"];
    private static readonly string[] AuthKeys = ["Auth:Jwt:Secret", "Auth:Jwt:SecretFile", "Auth:Jwt:KeyFile", "Auth:Jwt:Jwks", "Auth:Webhook:Url"];
    private static readonly string[] RedisKeys = ["Redis:Connection", "Redis:ConnectionFile"];

    /// <summary>Whether the node is one of several.</summary>
    public static bool IsClustered(IConfiguration configuration) => IsAnyGiven(configuration, RedisKeys);

    /// <summary>Whether something is left out that only loopback allows.</summary>
    public static bool IsOpen(IConfiguration configuration, Roles roles) =>
        LacksApiKeys(configuration, roles) || (VerifiesTokens(configuration, roles) && UsesGeneratedKey(configuration));

    /// <summary>Whether nothing is configured that says how tokens are verified, so that the node uses a key it has made itself.</summary>
    public static bool UsesGeneratedKey(IConfiguration configuration) => !IsAnyGiven(configuration, AuthKeys);

    /// <summary>Why the node must not start; empty when it may.</summary>
    public static IEnumerable<SettingError> Check(IConfiguration configuration, NodeOptions node)
    {
        ListenAddress? reachable = node.Urls.FirstOrDefault(static u => !u.IsLoopback);
        string elsewhere = $"or listen on {NodeOptions.DefaultUrls} only";
        if (reachable is not null && LacksApiKeys(configuration, node.Roles))
        {
            yield return new SettingError(
                ApiKeys[0],
                null,
                $"is missing: {reachable} can be reached from other machines, so anybody could send messages: set Collect:ApiKeys (in the environment PUSHNODE_Collect__ApiKeys), or Collect:ApiKeysFile to a file that holds the keys; {elsewhere}");
        }

        if (!VerifiesTokens(configuration, node.Roles) || !UsesGeneratedKey(configuration))
            yield break;
        if (node.IsClustered)
            yield return new SettingError(AuthKeys[0], null, $"is missing: in a cluster every node with the auth role verifies the same tokens, so it cannot make a key of its own: {Verifiers}");
        else if (reachable is not null)
            yield return new SettingError(AuthKeys[0], null, $"is missing: {reachable} can be reached from other machines, so there is nothing to verify tokens with: {Verifiers}; {elsewhere}");
    }

    private static bool LacksApiKeys(IConfiguration configuration, Roles roles) => roles.HasFlag(Roles.Collect) && !IsAnyGiven(configuration, ApiKeys);

    // To a node alone that pushes, nobody else could tell whose a token is.
    private static bool VerifiesTokens(IConfiguration configuration, Roles roles) =>
        roles.HasFlag(Roles.Auth) || (roles.HasFlag(Roles.Push) && !IsClustered(configuration));

    private static bool IsAnyGiven(IConfiguration configuration, string[] keys) => keys.Any(key => IsGiven(configuration.GetSection(key)));

    // A variable that was not set leaves an empty text behind, and a list may have nothing in it: neither protects anything.
    private static bool IsGiven(IConfigurationSection section) =>
        section.Value?.Any(static c => c is not (',' or ' ')) == true || section.GetChildren().Any(IsGiven);
}
