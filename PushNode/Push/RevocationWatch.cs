using Microsoft.Extensions.Hosting;
using PushNode.Cluster;

namespace PushNode.Push;

/// <summary>Closes the connections whose token has just been revoked; joins check for themselves.</summary>
internal sealed class RevocationWatch(Revocations revocations, Hub hub) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await revocations.LoadAsync(cancellationToken);
        revocations.OnRevoked(CloseRevoked);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void CloseRevoked(string userId)
    {
        foreach (Connection connection in hub.ConnectionsOf(userId))
        {
            if (revocations.IsRevoked(userId, connection.Identity.IssuedAt))
                connection.Close(CloseCode.Unauthorized, "the token has been revoked");
        }
    }
}
