using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Pages;

/// <summary>The pages of a node: <c>/</c>, on which sending and receiving can be tried out, and <c>/dashboard</c>.</summary>
internal static class PagesModule
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];
    private static readonly string[] DemoModules =
        ["acknowledgements", "clock", "code", "composer", "demo", "device", "dom", "guide", "messages", "node", "snippets", "way", "ways"];

    /// <summary>Maps the dashboard on every node, and the page to try things out on one that holds connections: there is nothing to see on another.</summary>
    public static void MapPages(this IEndpointRouteBuilder endpoints)
    {
        IServiceProvider services = endpoints.ServiceProvider;
        var node = services.GetRequiredService<NodeOptions>();
        string mode = services.GetRequiredService<NodeAccess>().IsTryOut ? "tryout" : "keys";
        Map("/theme.css", "theme.css", "text/css; charset=utf-8");
        MapDashboard();
        if (!node.Roles.HasFlag(Roles.Push))
            return;

        Map("/", "demo/index.html", "text/html; charset=utf-8");
        Map("/demo/demo.css", "demo/demo.css", "text/css; charset=utf-8");
        foreach (string module in DemoModules)
            Map($"/demo/{module}.js", $"demo/{module}.js", "text/javascript; charset=utf-8");

        void MapDashboard()
        {
            foreach (string file in typeof(Page).Assembly.GetManifestResourceNames().Where(static name => name.StartsWith("dashboard/", StringComparison.Ordinal)))
            {
                if (file.EndsWith(".js", StringComparison.Ordinal))
                    Map($"/{file}", file, "text/javascript; charset=utf-8");
            }

            Map("/dashboard/dashboard.css", "dashboard/dashboard.css", "text/css; charset=utf-8");
            var page = new Page("dashboard/index.html", "text/html; charset=utf-8", mode, node.Roles.HasFlag(Roles.Collect));
            // Its addresses are relative, so that it works behind a proxy that adds a path: they need the page at one place.
            endpoints.MapMethods("/dashboard", Methods, context => context.Request.Path.Value!.EndsWith('/') ? RedirectAsync(context, "../dashboard") : page.HandleAsync(context));
        }

        void Map(string path, string file, string contentType) =>
            endpoints.MapMethods(path, Methods, new Page(file, contentType, mode, node.Roles.HasFlag(Roles.Collect)).HandleAsync);
    }

    private static Task RedirectAsync(HttpContext context, string to)
    {
        context.Response.Redirect(to);
        return Task.CompletedTask;
    }
}
