using PushNode.Diagnostics;

namespace PushNode.Collect;

/// <summary>The query parameters of <c>/collect</c> and <c>/collect/batch</c>.</summary>
internal static class CollectQuery
{
    private const string Wait = "wait";
    private const string Delivered = "delivered";

    /// <summary>A refusal of a parameter or value that is not known.</summary>
    /// <param name="request">The request.</param>
    /// <param name="waits">Whether the producer wants to be answered when the message was delivered.</param>
    public static Problem? Read(HttpRequest request, out bool waits)
    {
        waits = false;
        if (!request.QueryString.HasValue)
            return null;
        if (QueryParameters.FindUnknown(request, Wait) is { } unknown)
            return unknown;
        waits = true;
        return request.Query[Wait] is [Delivered] ? null : Refusals.BadWait;
    }
}
