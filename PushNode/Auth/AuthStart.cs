using Microsoft.Extensions.Hosting;
using PushNode.Settings;

namespace PushNode.Auth;

/// <summary>Has the verifier made when the node starts, so that a key that cannot be used stops the start, and says what tokens are verified with.</summary>
internal sealed class AuthStart(IServiceProvider services, AuthOptions options, ILogger<AuthStart> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        services.GetRequiredService<IAuthenticator>();
        log.SourceChosen(options.Source switch
        {
            AuthSource.Secret => "the shared secret of Auth:Jwt",
            AuthSource.KeyFile => $"the key in {options.Jwt.KeyFile}",
            AuthSource.Jwks => "the key set of Auth:Jwt:Jwks",
            AuthSource.Webhook => "the webhook",
            _ => $"the generated key in {SigningKey.PathIn(services.GetRequiredService<DataFolder>())}",
        });
        WarnIfExposed("Auth:Jwt:Jwks", options.Jwt.Jwks);
        WarnIfExposed("Auth:Webhook:Url", options.Webhook.Url);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void WarnIfExposed(string key, string? location)
    {
        if (location?.Contains("://", StringComparison.Ordinal) == true && HttpUrl.IsExposed(new Uri(location)))
            log.UrlExposed(key);
    }
}
