namespace PushNode.Transport;

/// <summary>Who answers requests that bring a body without the web server.</summary>
internal interface IPosts
{
    /// <summary>
    /// Takes a request: calls <see cref="PostConnection.Accept"/>, and then, once, now or later and on any thread, <see cref="PostConnection.Answer"/>. Must not wait.
    /// </summary>
    /// <returns>Whether it is taken. If not, it is left to the web server, with the connection.</returns>
    /// <param name="connection">The client.</param>
    /// <param name="request">Valid until this returns.</param>
    bool TryTake(PostConnection connection, in PostRequest request);
}
