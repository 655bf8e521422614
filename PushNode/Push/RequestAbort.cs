namespace PushNode.Push;

/// <summary>Cuts a request from outside of it.</summary>
internal static class RequestAbort
{
    /// <summary>An action that cuts the request, and does nothing when it has just ended by itself.</summary>
    public static Action Of(HttpContext context) => () =>
    {
        try
        {
            context.Abort();
        }
        catch (ObjectDisposedException)
        {
            // It has ended between the decision and the cut.
        }
    };
}
