using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace PushNode.Tests.Transport;

/// <summary>How the web server reads a request: what is read without it must mean the same.</summary>
internal sealed class WebServerReading : IAsyncDisposable
{
    private static readonly string Bytes = " \t\r\n:;,%?#/\\\0\u0080\u007f\"A[]{}13=@";

    private readonly WebApplication server;
    private readonly int port;

    private WebServerReading(WebApplication server)
    {
        this.server = server;
        port = new Uri(server.Urls.First()).Port;
    }

    /// <param name="describe">What it says of a request.</param>
    public static async Task<WebServerReading> StartAsync(Func<HttpContext, Task<string>> describe)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication server = builder.Build();
        server.Run(async context =>
        {
            string text = await describe(context);
            context.Response.Headers.Connection = "close";
            await context.Response.WriteAsync(text);
        });
        await server.StartAsync();
        return new WebServerReading(server);
    }

    /// <summary>A usual request with something changed.</summary>
    public static byte[] Mutate(string usual, Random random)
    {
        var text = new StringBuilder(usual);
        for (int n = random.Next(1, 4); n > 0; n--)
        {
            int at = random.Next(text.Length);
            char other = random.Next(4) == 0 ? (char)random.Next(256) : Bytes[random.Next(Bytes.Length)];
            switch (random.Next(5))
            {
                case 0:
                    text[at] = other;
                    break;
                case 1:
                    text.Insert(at, other);
                    break;
                case 2:
                    text.Remove(at, Math.Min(random.Next(1, 4), text.Length - at));
                    break;
                case 3:
                    text[at] = char.IsLetter(text[at]) ? (char)(text[at] ^ 0x20) : text[at];
                    break;
                default:
                    string[] lines = usual.Split("\r\n");
                    text.Insert(text.ToString().IndexOf("\r\n", StringComparison.Ordinal) is var end and >= 0 ? end + 2 : 0, lines[random.Next(1, lines.Length - 2)] + "\r\n");
                    break;
            }
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    /// <summary>What it says of a request; the whole answer when it refuses it.</summary>
    public async Task<string> AskAsync(ReadOnlyMemory<byte> request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await client.GetStream().WriteAsync(request);
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        string answer = await reader.ReadToEndAsync();
        string body = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        // In one chunk.
        return answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) ? body.Split("\r\n")[1] : answer;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
