namespace PushNode.Diagnostics;

/// <summary><c>/healthz</c>: the process is alive. <c>/readyz</c>: it can take work.</summary>
internal static class HealthModule
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<Readiness>();
        services.AddSingleton<ReadinessEndpoint>();
    }

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/healthz", Methods, static context => HealthAnswer.WriteOkAsync(context, "ok"));
        endpoints.MapMethods("/readyz", Methods, endpoints.ServiceProvider.GetRequiredService<ReadinessEndpoint>().HandleAsync);
    }
}
