using System.Text.Json;

namespace PushNode.Hosting;

/// <summary>What the page asks a token for.</summary>
internal sealed record TokenRequest(string UserId, IReadOnlyCollection<string> Topics)
{
    /// <exception cref="FormatException">The text is no such request; the message says where.</exception>
    public static TokenRequest Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new FormatException($"the body is not JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("the body must be an object with userId, a text, and topics, an array of texts", e);
        }
    }

    private static TokenRequest Read(JsonElement body)
    {
        string? user = null;
        string[] topics = [];
        foreach (JsonProperty field in body.EnumerateObject())
        {
            if (field.NameEquals("userId"))
                user = field.Value.GetString();
            else if (field.NameEquals("topics"))
                topics = [.. field.Value.EnumerateArray().Select(static t => t.GetString() ?? "")];
            else
                throw new FormatException($"there is no field '{field.Name}'; the fields are userId and topics");
        }

        return new TokenRequest(user ?? throw new FormatException("the field userId is missing"), topics);
    }
}
