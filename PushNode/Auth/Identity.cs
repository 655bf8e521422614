namespace PushNode.Auth;

/// <summary>Who a token is for and what it allows.</summary>
/// <param name="UserId">Checked with <see cref="Messages.Names.IsId"/>.</param>
/// <param name="IssuedAt">Unix milliseconds; 0 when the token does not say, so that any revocation of the user voids it.</param>
/// <param name="ExpiresAt">
/// From when on the token is void, in Unix milliseconds: for a JWT its <c>exp</c> and the clock skew allowed on top of it. <see cref="long.MaxValue"/> when it has
/// no end.
/// </param>
/// <param name="Topics">The topics it may subscribe to.</param>
internal sealed record Identity(string UserId, long IssuedAt, long ExpiresAt, TopicPatterns Topics);
