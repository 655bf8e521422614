namespace PushNode.Transport;

/// <summary>Who answers requests for a WebSocket without the web server.</summary>
internal interface IUpgrades
{
    /// <summary>
    /// Takes a client over: becomes its user, which has it to read until <see cref="ClientSocket.Resume"/>. Only what will be done is taken: a refusal is left to the
    /// web server, now or by <see cref="IWebServer.HandOver"/> later. Must not wait.
    /// </summary>
    /// <returns>Whether the client is taken. If not, nothing of it is.</returns>
    /// <param name="socket">The client; the request is still there to be received.</param>
    /// <param name="request">Valid until this returns.</param>
    /// <param name="server">Whom the client can be given back to.</param>
    bool TryTake(ClientSocket socket, in UpgradeRequest request, IWebServer server);
}
