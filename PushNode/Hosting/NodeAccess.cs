using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>What a node allows because nobody outside its machine can reach it.</summary>
/// <param name="IsOpen">Whether keys are left out that any other address needs.</param>
/// <param name="IsTryOut">Whether it gives tokens to whoever asks: only while its signing key is one that it has made itself.</param>
internal sealed record NodeAccess(bool IsOpen, bool IsTryOut)
{
    public static NodeAccess From(IConfiguration configuration, NodeOptions node) => new(
        StartupRules.IsOpen(configuration, node.Roles),
        node.IsLoopback && node.Roles.HasFlag(Roles.Auth) && StartupRules.UsesGeneratedKey(configuration));
}
