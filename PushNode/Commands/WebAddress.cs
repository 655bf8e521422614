using PushNode.Settings;

namespace PushNode.Commands;

/// <summary>The address of a node as it is given to a command: <c>http</c> and <c>ws</c> stand for one another.</summary>
internal static class WebAddress
{
    /// <exception cref="SettingsException">It is none.</exception>
    public static Uri Parse(string text, bool isWebSocket)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https" or "ws" or "wss") || uri.Query.Length > 0 || uri.UserInfo.Length > 0)
            throw new SettingsException("--url", text, $"it must be the address of a node, such as {(isWebSocket ? "ws" : "http")}://127.0.0.1:8080");
        bool isSecure = uri.Scheme is "https" or "wss";
        return new UriBuilder(uri)
        {
            Scheme = (isWebSocket, isSecure) switch { (true, true) => "wss", (true, false) => "ws", (false, true) => "https", _ => "http" },
            Port = uri.IsDefaultPort ? -1 : uri.Port,
        }.Uri;
    }

    /// <summary>A path below the node's, which may itself be below one of a proxy.</summary>
    public static Uri Append(Uri node, string path) => new($"{node.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path}");
}
