using Microsoft.Extensions.DependencyInjection.Extensions;
using PushNode.Auth.Jwt;
using PushNode.Auth.Keys;
using PushNode.Auth.Remote;
using PushNode.Auth.Webhook;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Auth;

/// <summary>
/// Auth: tells who a token is for. With the auth role: <see cref="AddAuth"/>, in a cluster <see cref="AddAuthService"/> too. A push node without it:
/// <see cref="AddRemoteAuth"/>.
/// </summary>
internal static class AuthModule
{
    /// <summary>Registers <see cref="IAuthenticator"/> as the settings ask for. Needs <see cref="Cluster.Revocations"/>, and a <see cref="DataFolder"/> when no key is configured.</summary>
    /// <returns>What tokens are verified with; with <see cref="AuthSource.GeneratedKey"/> the node should not be reachable from elsewhere.</returns>
    /// <exception cref="SettingsException">A setting is wrong, or a key cannot be used.</exception>
    public static AuthSource AddAuth(this IServiceCollection services, IConfiguration configuration)
    {
        AuthOptions options = services.AddSettings<AuthOptions>(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<VerifyEndpoint>();
        switch (options.Source)
        {
            case AuthSource.Webhook:
                var call = new WebhookCall(options.Webhook);
                services.AddSingleton(_ => call);
                services.AddSingleton<IAuthenticator, WebhookVerifier>();
                break;
            case AuthSource.Jwks:
                services.AddJwks(options.Jwt);
                break;
            case AuthSource.GeneratedKey:
                KeyLoader.CheckAlgorithms(options.Jwt, JwsAlgorithms.HS256);
                services.AddSingleton<IKeySource>(static provider => new FixedKeys(SigningKey.LoadOrCreate(provider.GetRequiredService<DataFolder>())));
                services.AddSingleton<IAuthenticator, JwtVerifier>();
                break;
            default:
                VerificationKey key = KeyLoader.Load(options.Jwt);
                KeyLoader.CheckAlgorithms(options.Jwt, key.Algorithms);
                services.AddSingleton<IKeySource>(new FixedKeys(key));
                services.AddSingleton<IAuthenticator, JwtVerifier>();
                break;
        }

        services.AddHostedService<AuthStart>();
        return options.Source;
    }

    /// <summary>Lets the other nodes have this one verify tokens.</summary>
    public static void AddAuthService(this IServiceCollection services) => services.AddSingleton<IPeerService, AuthService>();

    /// <summary>Registers <see cref="IAuthenticator"/>: the nodes with the auth role. Needs a <see cref="PeerChoice"/> and a <see cref="PeerClient"/>.</summary>
    public static void AddRemoteAuth(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IAuthenticator, RemoteAuthenticator>();
    }

    /// <summary>Maps <c>POST /auth/verify</c>.</summary>
    public static IEndpointRouteBuilder MapAuth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/auth/verify", endpoints.ServiceProvider.GetRequiredService<VerifyEndpoint>().HandleAsync);
        return endpoints;
    }

    private static void AddJwks(this IServiceCollection services, JwtOptions jwt)
    {
        if (!JwksFetch.IsUrl(jwt.Jwks!))
            KeyLoader.CheckFile(jwt.Jwks!);
        KeyLoader.CheckAlgorithms(jwt, RotatingKeys.AlgorithmsFrom(jwt.Jwks!));
        services.AddSingleton(_ => new JwksFetch(jwt.Jwks!, jwt.JwksTimeout));
        services.AddSingleton<RotatingKeys>();
        services.AddSingleton<IKeySource>(static provider => provider.GetRequiredService<RotatingKeys>());
        services.AddSingleton<IAuthenticator, JwtVerifier>();
        services.AddHostedService<JwksRefresher>();
    }
}
