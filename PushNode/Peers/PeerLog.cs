namespace PushNode.Peers;

/// <summary>What is logged of the traffic between nodes.</summary>
internal static partial class PeerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "A request of the node {From} was refused: {Reason}")]
    public static partial void Refused(ILogger logger, string from, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A node that connected from {From} was refused: its certificate {Fault}")]
    public static partial void CertificateRefused(ILogger logger, string from, string fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "Answering {Path} for the node {From} failed")]
    public static partial void Failed(ILogger logger, string path, string from, Exception exception);
}
