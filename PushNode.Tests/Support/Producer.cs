using System.Net;
using System.Text;
using System.Text.Json;

namespace PushNode.Tests.Support;

/// <summary>A business system that posts messages.</summary>
internal sealed class Producer(Uri node) : IDisposable
{
    private readonly HttpClient http = new() { BaseAddress = node };

    /// <summary>Posts one request body and returns the status and the answer.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(string json, string path = "collect")
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync()).RootElement);
    }

    /// <summary>Posts a durable message and returns its seq.</summary>
    public async Task<long> PushAsync(string target, string data = "1", string more = "")
    {
        (HttpStatusCode status, JsonElement answer) = await PostAsync($$"""{{{target}},"data":{{data}}{{more}}}""");
        Assert.That(status, Is.EqualTo(HttpStatusCode.Accepted), answer.ToString());
        return answer.GetProperty("seq").GetInt64();
    }

    public Task<long> PushToAsync(string user, string data = "1") => PushAsync($"\"userId\":\"{user}\"", data);

    public void Dispose() => http.Dispose();
}
