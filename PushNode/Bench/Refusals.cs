using System.Text.Json;

namespace PushNode.Bench;

/// <summary>What a refusal means for who measures, with the setting that stands in the way.</summary>
internal static class Refusals
{
    /// <summary>As the rest of a sentence: <c>429 (the node's detail): what to do</c>.</summary>
    /// <param name="status">The HTTP status, or a close code less 4000.</param>
    /// <param name="said">What came with it: <c>application/problem+json</c>, or a text.</param>
    public static string Explain(int status, string said)
    {
        string detail = DetailOf(said);
        string remedy = status switch
        {
            401 when detail.Contains("API key", StringComparison.OrdinalIgnoreCase) => ": give one of its keys with --key-file",
            401 => ": if it is about a token, name the node's data folder with --data, or its settings with --config, so that tokens are signed with its key; if it is about an API key, give one with --key-file",
            403 => ": the token or the key does not allow it",
            404 => ": give the --url of a node with the roles push and collect",
            413 => ": raise Collect:MaxDataBytes, or make --size smaller",
            429 when detail.Contains("address", StringComparison.Ordinal) => ": raise Push:MaxConnectionsPerAddress, or set it to 0",
            429 when detail.Contains("user", StringComparison.Ordinal) => ": raise Push:MaxConnectionsPerUser, or have more --users",
            429 => ": raise Collect:MaxMessagesPerSecond (and Collect:MessageBurst), or lower --rate; connections are limited by Push:MaxConnectionsPerAddress and Push:MaxConnectionsPerUser",
            503 when detail.Contains("connections", StringComparison.Ordinal) => ": raise Push:MaxConnections",
            503 => ": the node is full, draining, or its store is away",
            _ => "",
        };
        return detail.Length == 0 ? $"{status}{remedy}" : $"{status} ({detail}){remedy}";
    }

    private static string DetailOf(string said)
    {
        try
        {
            using JsonDocument problem = JsonDocument.Parse(said);
            return problem.RootElement.ValueKind == JsonValueKind.Object && problem.RootElement.TryGetProperty("detail", out JsonElement detail) ? detail.ToString() : "";
        }
        catch (JsonException)
        {
            return said.Length <= 200 ? said.Trim() : "";
        }
    }
}
