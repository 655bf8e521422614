using System.Buffers;
using System.Text;

namespace PushNode.Auth.Jwt;

/// <summary>A JWS in compact form (RFC 7515 section 7.1), taken apart and decoded, but not believed.</summary>
internal readonly ref struct CompactJws
{
    private CompactJws(ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature)
    {
        SigningInput = signingInput;
        Header = header;
        Payload = payload;
        Signature = signature;
    }

    /// <summary>The header and the payload as they were sent, with the dot between them: what is signed.</summary>
    public ReadOnlySpan<byte> SigningInput { get; }

    public ReadOnlySpan<byte> Header { get; }

    public ReadOnlySpan<byte> Payload { get; }

    public ReadOnlySpan<byte> Signature { get; }

    /// <summary>How many bytes of scratch a token needs: its text, and what it decodes to.</summary>
    public static int ScratchSize(string token) => token.Length * 2;

    /// <summary>Takes a token apart; the parts lie in <paramref name="scratch"/>.</summary>
    public static bool TryParse(string token, Span<byte> scratch, out CompactJws jws, out string error)
    {
        jws = default;
        int dots = token.AsSpan().Count('.');
        if (dots != 2)
        {
            error = dots == 4 ? "the token is encrypted (JWE); only signed tokens are accepted" : $"the token has {dots + 1} parts; a signed one has 3";
            return false;
        }

        Span<byte> text = scratch[..token.Length];
        if (Ascii.FromUtf16(token, text, out _) != OperationStatus.Done)
        {
            error = "the token has a character that is not ASCII";
            return false;
        }

        int first = text.IndexOf((byte)'.');
        int second = text.LastIndexOf((byte)'.');
        int used = token.Length;
        ReadOnlySpan<byte> payload = default;
        ReadOnlySpan<byte> signature = default;
        string? broken = !TryTake(text[..first], scratch, ref used, out ReadOnlySpan<byte> header) ? "header"
            : !TryTake(text[(first + 1)..second], scratch, ref used, out payload) ? "payload"
            : !TryTake(text[(second + 1)..], scratch, ref used, out signature) ? "signature"
            : null;
        error = broken is null ? "" : $"the token's {broken} is not canonical base64url";
        jws = broken is null ? new CompactJws(text[..second], header, payload, signature) : default;
        return broken is null;
    }

    private static bool TryTake(ReadOnlySpan<byte> text, Span<byte> scratch, scoped ref int used, out ReadOnlySpan<byte> part)
    {
        bool decoded = Base64UrlText.TryDecode(text, scratch[used..], out int written);
        part = scratch.Slice(used, written);
        used += written;
        return decoded;
    }
}
