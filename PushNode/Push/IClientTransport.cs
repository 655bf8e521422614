using System.IO.Pipelines;

namespace PushNode.Push;

/// <summary>The bytes of one client, both ways, after the WebSocket handshake.</summary>
internal interface IClientTransport : IDuplexPipe
{
    /// <summary>Cuts it at once; reads and writes under way end.</summary>
    void Abort();
}
