using System.Net;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>Finds out why no connection to Redis comes about, of which the client library says little.</summary>
internal static class RedisGreeting
{
    private const int MaxAnswer = 1024;

    /// <summary>Why, as the rest of a sentence; null when nothing is found to be wrong.</summary>
    public static async Task<string?> FindFaultAsync(ConfigurationOptions options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        EndPoint endPoint = options.EndPoints[0];
        string address = RedisAddress.ToText(endPoint);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        try
        {
            await socket.ConnectAsync(endPoint, patience.Token);
            return options.Ssl ? $"{address} takes a connection, but the TLS handshake or what follows it fails" : Read(address, await GreetAsync(socket, options.Password, patience.Token));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return $"{address}: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return socket.Connected ? Mute(address) : $"{address} did not take a connection within {timeout.TotalSeconds:0.###} s";
        }
    }

    private static async Task<string> GreetAsync(Socket socket, string? password, CancellationToken cancellationToken)
    {
        byte[] login = string.IsNullOrEmpty(password) ? [] : Encoding.UTF8.GetBytes($"*2\r\n$4\r\nAUTH\r\n${Encoding.UTF8.GetByteCount(password)}\r\n{password}\r\n");
        await socket.SendAsync((byte[])[.. login, .. "*1\r\n$4\r\nPING\r\n"u8], cancellationToken);
        int lines = login.Length > 0 ? 2 : 1;
        byte[] buffer = new byte[MaxAnswer];
        int length = 0;
        while (length < buffer.Length && buffer.AsSpan(0, length).Count((byte)'\n') < lines)
        {
            int read = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
                break;
            length += read;
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static string? Read(string address, string answer)
    {
        string? refusal = answer.Split("\r\n").FirstOrDefault(static line => line.StartsWith('-') && RedisTrouble.Find(line) is not null);
        return refusal is not null ? RedisTrouble.Find(refusal) : answer is ['+' or '-', ..] ? null : Mute(address);
    }

    private static string Mute(string address) => $"{address} takes a connection, but what is there does not answer as Redis does";
}
