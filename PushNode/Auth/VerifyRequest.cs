using System.Text;
using PushNode.Diagnostics;

namespace PushNode.Auth;

/// <summary>The body of <c>/auth/verify</c>: <c>{"token":"…"}</c> and nothing else.</summary>
internal static class VerifyRequest
{
    private const string Expected = "the body is {\"token\":\"…\"}";

    /// <summary>The token; null, with the problem, when the body is anything else.</summary>
    public static string? Parse(ReadOnlySpan<byte> body, out Problem? problem)
    {
        string? token = null;
        problem = null;
        var members = new JsonMembers(body);
        while (members.Read())
        {
            if (!members.Name.SequenceEqual("token"u8))
                return Refuse("unknown_field", $"the field '{Quoted.Text(Encoding.UTF8.GetString(members.Name))}' is not known; {Expected}", out problem);
            if (!members.TryGetString(out token))
                return Refuse("invalid_field", "the field 'token' is not a string", out problem);
        }

        if (members.Error is not null)
            return Refuse("malformed", $"the body is refused: {members.Error}", out problem);
        return token ?? Refuse("missing_field", $"the field 'token' is missing; {Expected}", out problem);
    }

    private static string? Refuse(string code, string detail, out Problem problem)
    {
        problem = Problem.BadRequest(code, detail);
        return null;
    }
}
