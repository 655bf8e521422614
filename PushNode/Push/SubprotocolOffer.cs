namespace PushNode.Push;

/// <summary>What a client has offered as subprotocols: ours, and its token, which a browser has no other way for.</summary>
internal struct SubprotocolOffer
{
    /// <summary>The subprotocol of PushNode.</summary>
    public const string Ours = "pushnode.v1";

    private const string TokenPrefix = "bearer.";

    /// <summary>Whether the client knows our close codes, and so is told a refusal by one of them.</summary>
    public bool HasOurs { get; private set; }

    /// <summary>The token that came as a subprotocol; null when none did.</summary>
    public string? Token { get; private set; }

    /// <summary>One entry of the list.</summary>
    public void Add(string entry)
    {
        if (entry == Ours)
            HasOurs = true;
        else if (entry.StartsWith(TokenPrefix, StringComparison.Ordinal))
            Token = entry[TokenPrefix.Length..];
    }
}
