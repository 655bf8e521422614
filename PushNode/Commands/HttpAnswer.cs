using System.Text.Json;

namespace PushNode.Commands;

/// <summary>Shows what a node answered: the answer itself on stdout, a refusal as a sentence on stderr.</summary>
internal static class HttpAnswer
{
    /// <summary>Sends the request and shows the answer; returns one of <see cref="ExitCodes"/>.</summary>
    public static async Task<int> PrintAsync(Uri node, Func<Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await send();
            string body = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                await Console.Out.WriteLineAsync(PlainText.From(body.Trim()));
                return ExitCodes.Success;
            }

            await Console.Error.WriteLineAsync($"pushnode: refused with {(int)response.StatusCode}: {PlainText.From(Describe(response, body))}");
        }
        catch (HttpRequestException e)
        {
            await Console.Error.WriteLineAsync($"pushnode: {node} cannot be reached: {Unreachable.Reason(e)}");
        }
        catch (TaskCanceledException e) when (e.InnerException is TimeoutException)
        {
            await Console.Error.WriteLineAsync($"pushnode: {node} did not answer in time");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("pushnode: stopped before the answer came");
        }

        return ExitCodes.Failure;
    }

    private static string Describe(HttpResponseMessage response, string body)
    {
        string retry = response.Headers.RetryAfter?.Delta is { } delta ? $" (try again in {delta.TotalSeconds:0} s)" : "";
        return (FindDetail(response, body) ?? response.ReasonPhrase) + retry;
    }

    private static string? FindDetail(HttpResponseMessage response, string body)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return null;
        try
        {
            using JsonDocument problem = JsonDocument.Parse(body);
            return problem.RootElement.TryGetProperty("detail", out JsonElement detail) ? detail.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
