using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using PushNode.Peers;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>Finds out why no connection to Redis comes about, of which the client library says little.</summary>
internal static class RedisGreeting
{
    private const int MaxAnswer = 1024;

    /// <summary>Why, as the rest of a sentence, of each address that something is wrong with; null when nothing is found to be.</summary>
    public static async Task<string?> FindFaultAsync(ConfigurationOptions options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        string?[] faults = await Task.WhenAll(options.EndPoints.Select(e => FindFaultAtAsync(e, options, timeout, cancellationToken)));
        return faults.Any(static f => f is not null) ? string.Join("; ", faults.OfType<string>().Distinct()) : null;
    }

    private static async Task<string?> FindFaultAtAsync(EndPoint endPoint, ConfigurationOptions options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        string address = RedisAddress.ToText(endPoint);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        try
        {
            await socket.ConnectAsync(endPoint, patience.Token);
            await using var plain = new NetworkStream(socket);
            if (!options.Ssl)
                return Read(address, await GreetAsync(plain, options, patience.Token), options.Ssl);
            string? fault = null;
            await using var secured = new SslStream(plain, leaveInnerStreamOpen: true, (_, _, chain, errors) =>
                (fault = CertificateFault.Describe(errors, chain, "SSL_CERT_FILE may name another one to it", "what is in Redis:Connection")) is null);
            try
            {
                await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = HostOf(options, endPoint) }, patience.Token);
            }
            catch (Exception e) when (e is AuthenticationException or IOException)
            {
                return fault is null ? $"{address} takes a connection, but the TLS handshake with it fails ({e.Message})" : $"the certificate of {address} {fault}";
            }

            return Read(address, await GreetAsync(secured, options, patience.Token), options.Ssl);
        }
        catch (IOException)
        {
            // It hangs up on what it does not understand.
            return Mute(address, options.Ssl);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return $"{address}: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return socket.Connected ? Mute(address, options.Ssl) : $"{address} did not take a connection within {timeout.TotalSeconds:0.###} s";
        }
    }

    // As the client library takes it.
    private static string HostOf(ConfigurationOptions options, EndPoint endPoint) =>
        !string.IsNullOrWhiteSpace(options.SslHost) ? options.SslHost : endPoint is DnsEndPoint dns ? dns.Host : ((IPEndPoint)endPoint).Address.ToString();

    private static async Task<string> GreetAsync(Stream stream, ConfigurationOptions options, CancellationToken cancellationToken)
    {
        string login = string.IsNullOrEmpty(options.Password) ? "" : Command("AUTH", options.Password);
        string choice = options.DefaultDatabase is { } database and > 0 ? Command("SELECT", database.ToString(CultureInfo.InvariantCulture)) : "";
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"{login}{choice}*1\r\n$4\r\nPING\r\n"), cancellationToken);
        int lines = (login.Length > 0 ? 1 : 0) + (choice.Length > 0 ? 1 : 0) + 1;
        byte[] buffer = new byte[MaxAnswer];
        int length = 0;
        while (length < buffer.Length && buffer.AsSpan(0, length).Count((byte)'\n') < lines)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
                break;
            length += read;
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static string Command(string name, string argument) => $"*2\r\n${name.Length}\r\n{name}\r\n${Encoding.UTF8.GetByteCount(argument)}\r\n{argument}\r\n";

    private static string? Read(string address, string answer, bool tls)
    {
        string? refusal = answer.Split("\r\n").FirstOrDefault(static line => line.StartsWith('-') && RedisTrouble.Find(line) is not null);
        return refusal is not null ? RedisTrouble.Find(refusal) : answer is ['+' or '-', ..] ? null : Mute(address, tls);
    }

    private static string Mute(string address, bool tls) => $"{address} takes a connection, but what is there does not answer as Redis does {(tls ? "with" : "without")} TLS";
}
