namespace PushNode.Tests.Commands;

/// <summary>How a process ended and what it printed.</summary>
internal sealed record ProcessEnd(int Code, string Output, string Error);
