namespace PushNode.Dispatch;

/// <summary>From a stored message to the nodes that hold its channel.</summary>
internal static class DispatchModule
{
    public static void AddDispatch(this IServiceCollection services)
    {
        services.AddSingleton<IDeliveries, LocalDelivery>();
        services.AddSingleton<IDispatcher, Dispatcher>();
    }
}
