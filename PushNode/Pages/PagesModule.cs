using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Pages;

/// <summary>The page at <c>/</c> on which sending and receiving can be tried out.</summary>
internal static class PagesModule
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];
    private static readonly string[] DemoModules =
        ["acknowledgements", "clock", "code", "composer", "demo", "device", "dom", "guide", "messages", "node", "snippets", "way", "ways"];

    /// <summary>Maps the page on a node that holds connections; there is nothing to see on another.</summary>
    public static void MapPages(this IEndpointRouteBuilder endpoints)
    {
        IServiceProvider services = endpoints.ServiceProvider;
        var node = services.GetRequiredService<NodeOptions>();
        if (!node.Roles.HasFlag(Roles.Push))
            return;

        string mode = services.GetRequiredService<NodeAccess>().IsTryOut ? "tryout" : "keys";
        Map("/", "demo/index.html", "text/html; charset=utf-8");
        Map("/theme.css", "theme.css", "text/css; charset=utf-8");
        Map("/demo/demo.css", "demo/demo.css", "text/css; charset=utf-8");
        foreach (string module in DemoModules)
            Map($"/demo/{module}.js", $"demo/{module}.js", "text/javascript; charset=utf-8");

        void Map(string path, string file, string contentType) =>
            endpoints.MapMethods(path, Methods, new Page(file, contentType, mode, node.Roles.HasFlag(Roles.Collect)).HandleAsync);
    }
}
