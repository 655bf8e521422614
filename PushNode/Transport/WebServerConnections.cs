using System.Buffers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace PushNode.Transport;

/// <summary>Makes a client's socket a connection of the web server.</summary>
internal sealed class WebServerConnections(IMemoryPoolFactory<byte> pools, ILoggerFactory loggers) : IDisposable
{
    // Inline: nothing here blocks a thread, and each hop to another one costs more than most requests.
    private readonly SocketConnectionContextFactory contexts = new(new SocketConnectionFactoryOptions { UnsafePreferInlineScheduling = true }, loggers.CreateLogger<SocketConnectionContextFactory>());

    // The factory's connections come with a pool whose smallest buffer is empty, which the web server does not bear.
    private readonly Memory memory = new(pools.Create(new MemoryPoolOptions { Owner = "pushnode" }));

    /// <summary>Null when the connection has failed meanwhile.</summary>
    /// <param name="client">Which whoever calls this is reading; it is used up.</param>
    /// <param name="known">What is known about its first request; null when nothing is.</param>
    public ConnectionContext? TryCreate(ClientSocket client, object? known)
    {
        int descriptor = client.Detach();
        if (descriptor < 0)
            return null;
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            ConnectionContext context = contexts.Create(new Socket(handle));
            context.Features.Set<IMemoryPoolFeature>(memory);
            if (known is not null)
                context.Features.Set(new HandedOver(known));
            return context;
        }
        catch (SocketException)
        {
            handle.Dispose();
            return null;
        }
    }

    public void Dispose()
    {
        contexts.Dispose();
        memory.MemoryPool.Dispose();
    }

    private sealed record Memory(MemoryPool<byte> MemoryPool) : IMemoryPoolFeature;
}
