namespace PushNode.Diagnostics;

/// <summary>A piece of what somebody sent, made fit to be shown in a refusal or a log.</summary>
internal static class Quoted
{
    private const int MaxLength = 64;

    /// <summary>At most 64 characters of it, those outside visible ASCII as a question mark.</summary>
    public static string Text(string text)
    {
        if (text.Length <= MaxLength && text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
            return text;
        string cut = string.Create(Math.Min(text.Length, MaxLength), text, static (target, source) =>
        {
            for (int i = 0; i < target.Length; i++)
                target[i] = source[i] is >= ' ' and <= '~' ? source[i] : '?';
        });
        return text.Length > MaxLength ? cut + "…" : cut;
    }
}
