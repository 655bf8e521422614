using Microsoft.AspNetCore.SignalR;

namespace SignalRPeer;

/// <summary>Receives nothing. With PEER_GROUPS=1 there is a group per user: the usual way round Clients.User, which looks at every connection.</summary>
internal sealed class PushHub : Hub
{
    private static readonly bool PerUser = Environment.GetEnvironmentVariable("PEER_GROUPS") == "1";

    public override Task OnConnectedAsync() =>
        PerUser ? Groups.AddToGroupAsync(Context.ConnectionId, Context.UserIdentifier!) : Task.CompletedTask;
}
