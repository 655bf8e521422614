using PushNode.Settings;

namespace PushNode.Admin;

/// <summary>Running a node over HTTP.</summary>
internal static class AdminModule
{
    /// <param name="services">The services.</param>
    /// <param name="configuration">With the section <c>Admin</c>.</param>
    /// <param name="isLoopback">Whether nobody outside this machine can reach the node.</param>
    /// <exception cref="SettingsException">The key is none.</exception>
    public static void AddAdmin(this IServiceCollection services, IConfiguration configuration, bool isLoopback)
    {
        var options = services.AddSettings<AdminOptions>(configuration);
        services.AddSingleton(new AdminGuard(options.Load(), isLoopback));
        services.AddSingleton<DrainEndpoint>();
    }

    public static void MapAdmin(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost("/admin/drain", endpoints.ServiceProvider.GetRequiredService<DrainEndpoint>().HandleAsync);
}
