using System.Text;
using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Auth.Remote;

/// <summary>What a node asks one with the auth role.</summary>
internal static class AuthProtocol
{
    /// <summary>A token -> failure; user, issued at, expires at and topic patterns, or the reason.</summary>
    public const string Verify = "/auth/verify";

    /// <summary>The longest token that is asked for, in bytes: what <see cref="AuthOptions.MaxTokenLength"/> can allow at most.</summary>
    public const int MaxTokenBytes = 64 * 1024;

    private const int MaxReason = 1000;

    public static PeerWriter Question(string token)
    {
        var body = new PeerWriter();
        body.Bytes(Encoding.UTF8.GetBytes(token));
        return body;
    }

    /// <exception cref="MalformedPeerBodyException">There is no token, or one that is too long.</exception>
    public static string ReadQuestion(ReadOnlySpan<byte> request)
    {
        var body = new PeerReader(request);
        ReadOnlySpan<byte> token = body.Bytes();
        body.End();
        return token.Length <= MaxTokenBytes ? Encoding.UTF8.GetString(token) : throw new MalformedPeerBodyException(0, $"a token of {token.Length} bytes");
    }

    public static PeerWriter Answer(in AuthResult result)
    {
        var body = new PeerWriter();
        body.Byte((byte)result.Failure);
        if (result.Identity is not { } identity)
        {
            body.Text(result.Reason is { Length: > MaxReason } reason ? reason[..MaxReason] : result.Reason ?? "");
            return body;
        }

        body.Text(identity.UserId);
        body.Long(identity.IssuedAt);
        body.Long(identity.ExpiresAt);
        body.Int(identity.Topics.Patterns.Count);
        foreach (string pattern in identity.Topics.Patterns)
            body.Text(pattern);
        return body;
    }

    /// <exception cref="MalformedPeerBodyException">It is no answer.</exception>
    public static AuthResult ReadAnswer(ReadOnlySpan<byte> answer)
    {
        var body = new PeerReader(answer);
        AuthResult result = (AuthFailure)body.Byte() switch
        {
            AuthFailure.None => AuthResult.Accept(ReadIdentity(ref body)),
            AuthFailure.Invalid => AuthResult.Invalid(body.Text()),
            AuthFailure.Unavailable => AuthResult.Unavailable(body.Text()),
            _ => throw new MalformedPeerBodyException(0, "an unknown verdict"),
        };
        body.End();
        return result;
    }

    private static Identity ReadIdentity(ref PeerReader body)
    {
        string userId = body.Text();
        long issuedAt = body.Long();
        long expiresAt = body.Long();
        int count = body.Count();
        var patterns = new List<string>();
        for (int i = 0; i < count; i++)
            patterns.Add(body.Text());
        if (!Names.IsId(userId) || !TopicPatterns.TryCreate(patterns, out TopicPatterns topics, out _))
            throw new MalformedPeerBodyException(0, "a user or a topic is none");
        return new Identity(userId, issuedAt, expiresAt, topics);
    }
}
