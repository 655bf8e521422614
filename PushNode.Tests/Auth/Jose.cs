using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>The independent implementation of JOSE: the npm package.</summary>
internal static class Jose
{
    public const string Claims = """{"sub":"alice","iat":1795248000,"exp":1795251600.5,"iss":"https://issuer.example/","aud":["push","other"],"topics":["news","room.*"]}""";

    private const string Script = "tokens.mjs";

    private static readonly Lazy<Task<JsonElement>> Shared = new(() => NodeScript.RunAsync(Script, "sign", Claims));

    /// <summary>A token and its key for each algorithm; made once for all tests.</summary>
    public static Task<JsonElement> TokensAsync() => Shared.Value;

    public static Task<JsonElement> VerifyAsync(string token, string secret) => NodeScript.RunAsync(Script, "verify", token, secret);
}
