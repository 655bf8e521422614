namespace PushNode.Transport;

/// <summary>The web server, as whoever has taken a client from it sees it.</summary>
internal interface IWebServer
{
    /// <summary>Gives it a client of which nothing has been received yet, and that whoever calls this has to read.</summary>
    /// <param name="socket">The client.</param>
    /// <param name="known">What has been found out about the first request: a feature of the connection (<see cref="HandedOver"/>).</param>
    void HandOver(ClientSocket socket, object? known = null);
}
