using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace PushNode.Pages;

/// <summary>One embedded file, as it is served: nothing from elsewhere may run in it, and nobody may frame it.</summary>
internal sealed class Page
{
    private const string ModeMark = "{{mode}}";
    private const string CollectMark = "{{collect}}";
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly byte[] content;
    private readonly string contentType;
    private readonly string entityTag;

    /// <param name="file">The name of the embedded file.</param>
    /// <param name="contentType">What it is served as.</param>
    /// <param name="mode">What the page is told about the node: <c>tryout</c> (it may fetch tokens) or <c>keys</c> (it asks for them).</param>
    /// <param name="collects">Whether the node takes messages, so that the page can send some.</param>
    public Page(string file, string contentType, string mode, bool collects)
    {
        using Stream resource = typeof(Page).Assembly.GetManifestResourceStream(file) ?? throw new InvalidOperationException($"{file} is not embedded");
        using var reader = new StreamReader(resource);
        content = Encoding.UTF8.GetBytes(reader.ReadToEnd()
            .Replace(ModeMark, mode, StringComparison.Ordinal)
            .Replace(CollectMark, collects ? "yes" : "no", StringComparison.Ordinal));
        this.contentType = contentType;
        entityTag = $"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8))}\"";
    }

    /// <summary>Whether pages of any origin may load it: a library, which has nothing to tell.</summary>
    public bool IsShared { get; init; }

    public async Task HandleAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        IHeaderDictionary headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers[HeaderNames.CacheControl] = "no-cache";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ETag = entityTag;
        if (IsShared)
        {
            headers.AccessControlAllowOrigin = "*";
            headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        }

        if (context.Request.Headers.IfNoneMatch == entityTag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = contentType;
        response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(content, context.RequestAborted);
    }
}
