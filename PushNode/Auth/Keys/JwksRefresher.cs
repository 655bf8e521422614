using Microsoft.Extensions.Hosting;

namespace PushNode.Auth.Keys;

/// <summary>Reads the key set at start and then regularly; after a failure as soon as the cooldown allows.</summary>
internal sealed class JwksRefresher(RotatingKeys keys, AuthOptions options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        JwtOptions jwt = options.Jwt;
        while (!stoppingToken.IsCancellationRequested)
        {
            bool read = await keys.RefreshAsync(stoppingToken);
            await Task.Delay(read || jwt.JwksRefresh < jwt.JwksCooldown ? jwt.JwksRefresh : jwt.JwksCooldown, time, stoppingToken);
        }
    }
}
