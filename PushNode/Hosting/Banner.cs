using System.Text;
using PushNode.Access;
using PushNode.Diagnostics;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>What a node says once it listens: where, as what, and what can be typed next.</summary>
internal static class Banner
{
    private const string SampleMessage = """{"userId":"alice","data":{"text":"hi"}}""";

    /// <summary>The banner of a node that has started.</summary>
    public static string For(WebApplication app)
    {
        var node = app.Services.GetRequiredService<NodeOptions>();
        string? cluster = app.Services.GetService<ClusterNode>()?.Address;
        // The internal listener comes last; nobody is to call it by hand.
        return Write(node, [.. app.Urls.Take(node.Urls.Count)], cluster, app.Services.GetRequiredService<NodeAccess>().IsTryOut, app.Services.GetService<ApiKeys>() is { IsOpen: false }, LaunchCommand.Text);
    }

    /// <param name="node">The node.</param>
    /// <param name="addresses">What it is bound to, as URLs.</param>
    /// <param name="cluster">Where other nodes reach it; null for a node alone.</param>
    /// <param name="isTryOut">Whether anybody on the machine may send and get tokens.</param>
    /// <param name="wantsApiKey">Whether producers need an API key.</param>
    /// <param name="command">How this executable is called.</param>
    public static string Write(NodeOptions node, IReadOnlyList<string> addresses, string? cluster, bool isTryOut, bool wantsApiKey, string command)
    {
        string url = addresses[0].Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
        var text = new StringBuilder()
            .AppendLine($"PushNode {ProgramVersion.Text} listens on {string.Join(" and ", addresses)}")
            .AppendLine($"  roles  {RoleNames.ToText(node.Roles)}");
        if (node.KeepsData)
            text.AppendLine($"  data   {node.Data}");
        if (cluster is not null)
            text.AppendLine($"  peers  reach this node at {cluster}");
        if (node.Roles.HasFlag(Roles.Push))
            AppendTryOut(text, node, url, isTryOut, wantsApiKey, command);
        return text.ToString();
    }

    private static void AppendTryOut(StringBuilder text, NodeOptions node, string url, bool isTryOut, bool wantsApiKey, string command)
    {
        string webSocket = url == NodeOptions.DefaultUrls ? "" : $" --url {url}";
        string data = node.Data == Path.GetFullPath(NodeOptions.DefaultData) ? "" : $" --data {LaunchCommand.Shorten(node.Data, Environment.CurrentDirectory)}";
        string key = !wantsApiKey ? "" : "-H 'Authorization: Bearer API-KEY' ";
        string needs = (isTryOut, wantsApiKey) switch
        {
            (true, false) => " in this folder",
            (true, true) => " in this folder, with an API key",
            (false, true) => ", with a token and an API key",
            (false, false) => ", with a token",
        };
        text.AppendLine($"Try it from another terminal{needs}:")
            .AppendLine(isTryOut ? $"  {command} listen --user alice{webSocket}{data}" : $"  {command} listen --token TOKEN{webSocket}");
        if (node.Roles.HasFlag(Roles.Collect))
            text.AppendLine($"  curl {key}-d '{SampleMessage}' {url}/collect");
        if (isTryOut)
            text.AppendLine($"  {command} token --user alice{data}");
        text.AppendLine($"or open {url}/ in a browser.");
    }
}
