using System.Globalization;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>Every sentence with which collect turns a producer away, in one place.</summary>
internal static class Refusals
{
    private const string Targets = "userId, userIds, topic or broadcast";
    private const string Fields = "userId, userIds, topic, broadcast, data, id, ttl, ephemeral, event";
    private const int LongestEcho = 64;

    public static Problem Empty { get; } =
        Malformed("the body is empty; send a JSON object such as {\"userId\":\"alice\",\"data\":{\"text\":\"hi\"}}");

    public static Problem ByteOrderMark { get; } = Malformed("the text starts with a byte order mark; send JSON in UTF-8 without one");

    public static Problem HalfSurrogate { get; } = Malformed("a field has a \\u escape that is half of a surrogate pair");

    public static Problem NoTarget { get; } = Problem.BadRequest("no_target", $"the message goes to nobody; give one of {Targets}");

    public static Problem NoData { get; } = Problem.BadRequest("no_data", "data is missing; it can be any JSON value, null included");

    public static Problem NoRecipients { get; } =
        Problem.BadRequest("bad_value", $"userIds is empty; give 1 to {CollectSettings.MaxRecipients:N0} user ids");

    public static Problem TooManyRecipients { get; } =
        Problem.BadRequest("bad_value", $"userIds has more than {CollectSettings.MaxRecipients:N0} user ids; send the rest in another request");

    public static Problem FalseBroadcast { get; } = Problem.BadRequest("bad_value", "broadcast can only be true; leave it out to send to somebody");

    public static Problem TtlOfEphemeral { get; } =
        Problem.BadRequest("bad_value", "ttl has no meaning for an ephemeral message, which is never kept; leave one of them out");

    public static Problem QueueFull { get; } = Problem.Unavailable("too many messages are waiting for the message store; nothing of this was accepted");

    public static Problem NotStoring { get; } =
        Problem.Unavailable("another node may be the one that stores the messages of this cluster (GET /readyz says why); nothing of this was accepted");

    public static Problem Stopping { get; } = Problem.Unavailable("this node is shutting down; nothing of this was accepted");

    public static Problem Malformed(string detail) => Problem.BadRequest("malformed", detail);

    public static Problem NotUtf8(int offset) => Malformed($"byte {offset + 1} is not valid UTF-8");

    public static Problem NotAnObject(string found) => Malformed($"the message must be a JSON object, not {found}");

    public static Problem UnknownField(string name) => Problem.BadRequest("unknown_field", $"there is no field \"{Shorten(name)}\"; known are {Fields}");

    public static Problem DuplicateField(string name) => Problem.BadRequest("duplicate_field", $"{name} is there twice");

    public static Problem TwoTargets(string first, string second) =>
        Problem.BadRequest("two_targets", $"{first} and {second} are both there; a message goes to exactly one of {Targets}");

    public static Problem WrongType(string field, string expected, string found) =>
        Problem.BadRequest("wrong_type", $"{field} must be {expected}, not {found}");

    public static Problem BadName(string field, string rule) => Problem.BadRequest("bad_name", $"{field} must be {rule}");

    public static Problem DuplicateRecipient(string userId) => Problem.BadRequest("bad_value", $"userIds has \"{userId}\" twice");

    public static Problem BadTtl(long max) => Problem.BadRequest("bad_value", $"ttl must be a whole number of seconds from 1 to {max} (Collect:MaxTtl)");

    public static Problem DataTooLarge(int size, int limit) =>
        Problem.TooLarge($"data has {size} bytes; the limit is {limit} (Collect:MaxDataBytes)");

    public static Problem DataTooDeep(long offset) => Problem.BadRequest(
        "too_deep",
        string.Create(CultureInfo.InvariantCulture, $"data is nested more than {CollectSettings.MaxDataDepth} deep (at byte {offset + 1}); send what is deeper as a string"));

    public static Problem BodyTooLarge(int limit) => Problem.TooLarge($"the body is longer than {limit} bytes (Collect:MaxBodyBytes)");

    public static Problem LineTooLarge(int limit) => Problem.TooLarge($"the line is longer than {limit} bytes (Collect:MaxBodyBytes)");

    public static Problem TooFast(int perSecond, int retryAfter) =>
        Problem.TooManyRequests("rate_limited", $"this API key may post {perSecond} messages a second (Collect:MaxMessagesPerSecond)", retryAfter);

    public static Problem NotStored(int confirmed, int messages) => Problem.Unavailable(
        messages == 1
            ? "the message store did not confirm the message, which may yet turn out to be stored; repeat it with the same id"
            : $"the message store confirmed {confirmed} of {messages} messages, and others may yet turn out to be stored; repeat the request with the same id");

    /// <summary>Whether the user is connected is not known: nobody known is, but not everybody answered.</summary>
    public static Problem PresenceUnknown(string userId, IReadOnlyList<string> unanswered) =>
        Unanswered($"no connection of {userId} is known, but there may be some: {string.Join(", ", unanswered)} did not answer", unanswered);

    /// <summary>The user may still be connected.</summary>
    public static Problem NotDisconnected(string userId, int closed, IReadOnlyList<string> unanswered) => Unanswered(
        string.Create(CultureInfo.InvariantCulture, $"{closed} connections of {userId} were closed, but there may be more: {string.Join(", ", unanswered)} did not answer; repeat it"), unanswered);

    public static Problem BadWait { get; } = QueryParameters.Bad("wait can only be \"delivered\", given once");

    /// <summary>A line and column for people, both from 1; the line is left out when there is only one.</summary>
    public static string Place(long line, long byteInLine) => line == 0
        ? string.Create(CultureInfo.InvariantCulture, $"byte {byteInLine + 1}")
        : string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, byte {byteInLine + 1}");

    /// <summary>The rule for user ids and message ids.</summary>
    public static Problem BadId(string field) => BadName(field, Names.IdRule);

    /// <summary>The rule for topics and labels.</summary>
    public static Problem BadWord(string field) => BadName(field, Names.WordRule);

    private static Problem Unanswered(string detail, IReadOnlyList<string> unanswered) =>
        new Problem(StatusCodes.Status503ServiceUnavailable, "unanswered", detail, RetryAfter: 1) { Unanswered = unanswered };

    private static string Shorten(string text) => text.Length <= LongestEcho ? text : string.Concat(text.AsSpan(0, LongestEcho), "…");
}
