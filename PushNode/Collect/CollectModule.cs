using PushNode.Access;
using PushNode.Counting;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Transport;

namespace PushNode.Collect;

/// <summary>Step 1 of a message's way: producers in.</summary>
internal static class CollectModule
{
    /// <summary>Needs an <c>IMessageStore</c>, an <c>IHeads</c>, an <c>IDispatcher</c> and a <see cref="TimeProvider"/>.</summary>
    /// <exception cref="SettingsException">A setting of the section <c>Collect</c> is not right, or contradicts the store's.</exception>
    public static IServiceCollection AddCollect(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<CollectSettings>(configuration).FitTo(
            StorageModule.LimitsOf(configuration),
            isGiven: !string.IsNullOrEmpty(configuration[$"{CollectSettings.Section}:{nameof(CollectSettings.MaxTtl)}"]));
        services.AddAccess(configuration);
        services.AddSingleton<CollectMetrics>();
        services.AddSingleton<ICounted>(static provider => provider.GetRequiredService<CollectMetrics>());
        services.AddSingleton<MessageIds>();
        services.AddSingleton<ProducerRates>();
        services.AddSingleton<Intake>();
        services.AddSingleton<DeliveryWait>();
        services.AddSingleton<Batcher>();
        services.AddHostedService(static provider => provider.GetRequiredService<Batcher>());
        services.AddSingleton<CollectEndpoint>();
        services.AddSingleton<IPosts, CollectSocket>();
        services.AddSingleton<CollectBatchEndpoint>();
        services.AddSingleton<MessagesEndpoint>();
        services.AddSingleton<UsersEndpoint>();
        services.AddSingleton<DevicesEndpoint>();
        services.AddSingleton<RevokeEndpoint>();
        return services;
    }

    public static IEndpointRouteBuilder MapCollect(this IEndpointRouteBuilder endpoints)
    {
        IServiceProvider services = endpoints.ServiceProvider;
        endpoints.MapPost("/collect", services.GetRequiredService<CollectEndpoint>().HandleAsync);
        endpoints.MapPost("/collect/batch", services.GetRequiredService<CollectBatchEndpoint>().HandleAsync);
        endpoints.MapGet("/messages/{channel}/{seq}", services.GetRequiredService<MessagesEndpoint>().HandleAsync);
        endpoints.MapGet("/users/{id}", services.GetRequiredService<UsersEndpoint>().FindAsync);
        endpoints.MapGet("/users/{id}/devices", services.GetRequiredService<DevicesEndpoint>().HandleAsync);
        endpoints.MapPost("/users/{id}/disconnect", services.GetRequiredService<UsersEndpoint>().DisconnectAsync);
        endpoints.MapPost("/auth/revoke", services.GetRequiredService<RevokeEndpoint>().HandleAsync);
        return endpoints;
    }
}
