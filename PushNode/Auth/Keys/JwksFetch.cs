using System.Net;

namespace PushNode.Auth.Keys;

/// <summary>Gets the bytes of a key set from a file or over HTTP, neither of them larger than <see cref="JwksDocument.MaxBytes"/>.</summary>
internal sealed class JwksFetch : IDisposable
{
    private readonly string location;
    private readonly Uri? url;
    private readonly HttpClient? http;

    /// <param name="location">The path of a file, or an http(s) URL.</param>
    /// <param name="timeout">How long one fetch over HTTP may take as a whole.</param>
    public JwksFetch(string location, TimeSpan timeout)
    {
        this.location = location;
        url = IsUrl(location) ? new Uri(location) : null;
        Name = url is null ? location : HttpUrl.ForLog(url);
        if (url is null)
            return;
        // A redirect could lead from the key server that was configured to any other; connections are renewed so that a change in DNS is noticed.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        http = new HttpClient(handler) { Timeout = timeout, MaxResponseContentBufferSize = JwksDocument.MaxBytes };
        http.DefaultRequestHeaders.Accept.ParseAdd("application/jwk-set+json, application/json");
    }

    /// <summary>Where the keys come from, fit for a log.</summary>
    public string Name { get; }

    public static bool IsUrl(string location) => location.Contains("://", StringComparison.Ordinal);

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="HttpRequestException">The server is away, answers anything but 200, or too much.</exception>
    /// <exception cref="OperationCanceledException">The server did not answer in time, or cancelled.</exception>
    public async Task<byte[]> FetchAsync(CancellationToken cancellationToken)
    {
        if (http is null)
            return await ReadFileAsync(cancellationToken);
        using HttpResponseMessage response = await http.GetAsync(url, cancellationToken);
        return response.StatusCode == HttpStatusCode.OK
            ? await response.Content.ReadAsByteArrayAsync(cancellationToken)
            : throw new HttpRequestException($"it answered {(int)response.StatusCode}");
    }

    public void Dispose() => http?.Dispose();

    private async Task<byte[]> ReadFileAsync(CancellationToken cancellationToken)
    {
        var file = new FileInfo(location);
        return file.Length <= JwksDocument.MaxBytes
            ? await File.ReadAllBytesAsync(location, cancellationToken)
            : throw new IOException($"the file is larger than {JwksDocument.MaxBytes} bytes");
    }
}
