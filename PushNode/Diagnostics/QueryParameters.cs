namespace PushNode.Diagnostics;

/// <summary>The query parameters of an endpoint: an unknown one is refused, so that a misspelt one is noticed.</summary>
internal static class QueryParameters
{
    /// <summary>A refusal (400) of a parameter that is not known; null when there is none.</summary>
    /// <param name="request">The request.</param>
    /// <param name="known">The parameters that the endpoint has.</param>
    public static Problem? FindUnknown(HttpRequest request, params ReadOnlySpan<string> known)
    {
        if (!request.QueryString.HasValue)
            return null;
        foreach (string name in request.Query.Keys)
        {
            if (!known.Contains(name))
                return Bad($"there is no query parameter '{Quoted.Text(name)}' here; {(known.IsEmpty ? "none is taken" : $"known: {string.Join(", ", known!)}")}");
        }

        return null;
    }

    /// <summary>The refusal of a parameter.</summary>
    public static Problem Bad(string detail) => Problem.BadRequest("bad_parameter", detail);
}
