using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Auth.Webhook;

/// <summary>What the business system says about a token it accepts.</summary>
internal static class WebhookAnswer
{
    /// <summary>Reads the body of a 200. Fields that are not ours are the business system's affair.</summary>
    /// <param name="json">The body.</param>
    /// <param name="askedAt">Taken for the time of issue where the answer has none: the business system vouched for the token just then. Unix milliseconds.</param>
    /// <param name="identity">Who the token is for.</param>
    /// <param name="fault">What is wrong with the answer.</param>
    public static bool TryParse(ReadOnlySpan<byte> json, long askedAt, [NotNullWhen(true)] out Identity? identity, out string? fault)
    {
        string? user = null;
        long issuedAt = askedAt;
        long expiresAt = long.MaxValue;
        List<string>? topics = null;
        fault = null;
        var members = new JsonMembers(json);
        while (fault is null && members.Read())
        {
            ReadOnlySpan<byte> name = members.Name;
            if (name.SequenceEqual("userId"u8))
                fault = members.TryGetString(out user) ? null : "userId is not a string";
            else if (name.SequenceEqual("expiresAt"u8))
                fault = TryGetTime(ref members, ref expiresAt) ? null : "expiresAt is not an ISO 8601 time with a zone";
            else if (name.SequenceEqual("issuedAt"u8))
                fault = TryGetTime(ref members, ref issuedAt) ? null : "issuedAt is not an ISO 8601 time with a zone";
            else if (name.SequenceEqual("topics"u8))
                fault = members.Type == JsonTokenType.Null || members.TryGetStrings(out topics) ? null : "topics is not an array of strings";
        }

        fault = members.Error ?? fault ?? (Names.IsId(user) ? null : $"userId is missing or not {Names.IdRule}");
        if (!TopicPatterns.TryCreate(topics ?? [], out TopicPatterns patterns, out string? offending))
            fault ??= $"topics has '{Quoted.Text(offending!)}', which is neither a topic nor a prefix with a star";
        identity = fault is null ? new Identity(user!, issuedAt, expiresAt, patterns) : null;
        return identity is not null;
    }

    private static bool TryGetTime(ref JsonMembers members, ref long milliseconds)
    {
        if (members.Type == JsonTokenType.Null)
            return true;
        if (!members.TryGetString(out string? text) || !TryParseTime(text, out DateTimeOffset time))
            return false;
        milliseconds = time.ToUnixTimeMilliseconds();
        return true;
    }

    // Without a zone it would mean whatever zone this machine is in.
    private static bool TryParseTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(
            text,
            ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out time)
        && (text.EndsWith('Z') || text[^6] is '+' or '-');
}
