namespace PushNode.Peers;

/// <summary>The traffic between nodes.</summary>
internal static class PeersModule
{
    /// <summary>Needs an <see cref="IPeerDirectory"/>, a <see cref="ClusterSecret"/> and <see cref="PeerCertificates"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="address">Where the others reach this node.</param>
    public static void AddPeers(this IServiceCollection services, string address)
    {
        services.AddSingleton(new Node(address));
        services.AddSingleton<PeerClient>();
        services.AddSingleton<PeerChoice>();
        services.AddSingleton<IPeerService, NodeService>();
    }

    /// <summary>Before everything else: what other nodes ask is answered here and reaches nothing that is public.</summary>
    public static void UsePeers(this IApplicationBuilder app) => app.UseMiddleware<PeerGate>();
}
