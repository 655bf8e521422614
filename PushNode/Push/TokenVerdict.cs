using PushNode.Auth;

namespace PushNode.Push;

/// <summary>What was said of a token when its client was looked at first: who refuses it need not ask again.</summary>
internal sealed record TokenVerdict(string Token, AuthResult Result);
