namespace PushNode.Peers;

/// <summary>Another node did not do what it was asked: it could not be reached, took too long, refused, or is not the run of the node that was meant.</summary>
internal sealed class PeerUnavailableException(string message, bool mayHaveArrived, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether it may have got, and done, what it was asked: what must not happen twice is not to be asked again.</summary>
    public bool MayHaveArrived { get; } = mayHaveArrived;

    /// <summary>Whether it answered that another incarnation than the one meant runs there now.</summary>
    public bool IsOtherIncarnation { get; init; }

    /// <summary>Whether it is an answer: something is there, and refused.</summary>
    public bool IsAnswer { get; init; }

    /// <summary>Whether it found the request malformed or too large, and would again.</summary>
    public bool IsForGood { get; init; }

    /// <summary>What it said itself when it answered that it cannot do it now; else null.</summary>
    public string? Reason { get; init; }
}
