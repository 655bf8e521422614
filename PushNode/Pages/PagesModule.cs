using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Pages;

/// <summary>The pages of a node: <c>/dashboard</c>, and <c>/</c>, on which sending and receiving can be tried out; and the client library for everybody's pages.</summary>
internal static class PagesModule
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps the dashboard on every node, the rest on one that holds connections: there is nothing to see on another.</summary>
    public static void MapPages(this IEndpointRouteBuilder endpoints)
    {
        IServiceProvider services = endpoints.ServiceProvider;
        var node = services.GetRequiredService<NodeOptions>();
        string mode = services.GetRequiredService<NodeAccess>().IsTryOut ? "tryout" : "keys";
        Map("/theme.css", "theme.css", "text/css; charset=utf-8");
        Map("/dashboard/dashboard.css", "dashboard/dashboard.css", "text/css; charset=utf-8");
        MapModules("dashboard/");
        Page dashboard = Load("dashboard/index.html", "text/html; charset=utf-8");
        // Its addresses are relative, so that it works behind a proxy that adds a path: they need the page at one place.
        endpoints.MapMethods("/dashboard", Methods, context => context.Request.Path.Value!.EndsWith('/') ? RedirectAsync(context, "../dashboard") : dashboard.HandleAsync(context));
        if (!node.Roles.HasFlag(Roles.Push))
            return;

        Map("/", "demo/index.html", "text/html; charset=utf-8");
        Map("/demo/demo.css", "demo/demo.css", "text/css; charset=utf-8");
        MapModules("demo/");
        Map("/client.js", "client/client.js", "text/javascript; charset=utf-8", isShared: true);
        // What browsers call it matters to nobody: compilers fetch it.
        Map("/client.d.ts", "client/client.d.ts", "text/plain; charset=utf-8", isShared: true);

        void MapModules(string folder)
        {
            foreach (string file in typeof(Page).Assembly.GetManifestResourceNames())
            {
                if (file.StartsWith(folder, StringComparison.Ordinal) && file.EndsWith(".js", StringComparison.Ordinal))
                    Map($"/{file}", file, "text/javascript; charset=utf-8");
            }
        }

        void Map(string path, string file, string contentType, bool isShared = false) =>
            endpoints.MapMethods(path, Methods, Load(file, contentType, isShared).HandleAsync);

        Page Load(string file, string contentType, bool isShared = false) => new(file, contentType, mode, node.Roles.HasFlag(Roles.Collect)) { IsShared = isShared };
    }

    private static Task RedirectAsync(HttpContext context, string to)
    {
        context.Response.Redirect(to);
        return Task.CompletedTask;
    }
}
