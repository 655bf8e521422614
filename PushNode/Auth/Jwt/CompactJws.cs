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

        // Latin-1 keeps every character apart: what is not in the alphabet is refused when it is decoded.
        Span<byte> text = scratch[..token.Length];
        if (System.Text.Encoding.Latin1.GetBytes(token, text) != token.Length || token.AsSpan().ContainsAnyExceptInRange('\0', '\u007f'))
        {
            error = "the token has a character that is not ASCII";
            return false;
        }

        int first = text.IndexOf((byte)'.');
        int second = text.LastIndexOf((byte)'.');
        int used = token.Length;
        error = TryTake(text[..first], scratch, ref used, out ReadOnlySpan<byte> header) ? "" : NotBase64("header");
        if (!TryTake(text[(first + 1)..second], scratch, ref used, out ReadOnlySpan<byte> payload) && error.Length == 0)
            error = NotBase64("payload");
        if (!TryTake(text[(second + 1)..], scratch, ref used, out ReadOnlySpan<byte> signature) && error.Length == 0)
            error = NotBase64("signature");
        if (error.Length > 0)
            return false;
        jws = new CompactJws(text[..second], header, payload, signature);
        return true;
    }

    private static bool TryTake(ReadOnlySpan<byte> text, Span<byte> scratch, scoped ref int used, out ReadOnlySpan<byte> part)
    {
        bool decoded = Base64UrlText.TryDecode(text, scratch[used..], out int written);
        part = scratch.Slice(used, written);
        used += written;
        return decoded;
    }

    private static string NotBase64(string part) => $"the token's {part} is not canonical base64url";
}
