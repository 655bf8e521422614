namespace PushNode.Transport;

/// <summary>What a <see cref="SocketListener"/> takes before the web server has it.</summary>
/// <param name="Patience">How long a connection may send nothing before it is closed; some times as long, how long it may take to take an answer.</param>
/// <param name="IdleTimeout">How long a connection may be idle between two requests.</param>
/// <param name="LoopbackNamesOnly">Whether only requests are taken that address this machine by a name of loopback.</param>
/// <param name="Upgrades">Who takes those that ask for a WebSocket; null when nobody does.</param>
/// <param name="Posts">Who takes those that bring something; null when nobody does.</param>
internal sealed record SocketListenerOptions(TimeSpan Patience, TimeSpan IdleTimeout, bool LoopbackNamesOnly, IUpgrades? Upgrades, IPosts? Posts);
