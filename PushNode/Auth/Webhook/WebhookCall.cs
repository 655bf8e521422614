using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using PushNode.Settings;

namespace PushNode.Auth.Webhook;

/// <summary>One question to the business system.</summary>
internal sealed class WebhookCall : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;

    private readonly Uri url;
    private readonly HttpClient http;
    private readonly AuthenticationHeaderValue? authorization;

    /// <exception cref="SettingsException">The key's file cannot be read, or holds what cannot be sent.</exception>
    public WebhookCall(WebhookOptions options)
    {
        url = new Uri(options.Url!);
        Name = HttpUrl.ForLog(url);
        authorization = ReadKey(options) is { } key ? new AuthenticationHeaderValue("Bearer", key) : null;
        // A redirect could hand the token to somebody else; connections are renewed so that a change in DNS is noticed.
        http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.Timeout,
            MaxConnectionsPerServer = options.MaxConcurrent,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        })
        {
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
    }

    /// <summary>Who is asked, fit for a log.</summary>
    public string Name { get; }

    /// <summary>The status and the body of the answer.</summary>
    /// <exception cref="HttpRequestException">It is away, breaks off or answers too much.</exception>
    public async Task<(HttpStatusCode Status, byte[] Body)> AskAsync(string token, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(Body(token));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        request.Headers.Authorization = authorization;
        using HttpResponseMessage response = await http.SendAsync(request, cancellationToken);
        return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    public void Dispose() => http.Dispose();

    private static byte[] Body(string token)
    {
        using var buffer = new MemoryStream(token.Length + 16);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("token", token);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static string? ReadKey(WebhookOptions options)
    {
        if (options.KeyFile is null)
            return options.Key;
        string key = SecretFile.Read("Auth:Webhook:KeyFile", options.KeyFile);
        return SecretFile.FindHeaderFault(key) is { } remedy ? throw new SettingsException("Auth:Webhook:KeyFile", options.KeyFile, $"the key in it {remedy}") : key;
    }
}
