namespace PushNode.Collect;

/// <summary>The body of <c>/auth/revoke</c>.</summary>
/// <param name="UserId">Whose tokens to make void.</param>
internal sealed record RevokeRequest(string UserId);
