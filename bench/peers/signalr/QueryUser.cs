using Microsoft.AspNetCore.SignalR;

namespace SignalRPeer;

/// <summary>Who is connecting stands in the query string.</summary>
internal sealed class QueryUser : IUserIdProvider
{
    public string? GetUserId(HubConnectionContext connection) => connection.GetHttpContext()?.Request.Query["user"].ToString();
}
