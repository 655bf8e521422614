using System.Diagnostics;
using System.Text.Json;

namespace PushNode.Tests.Auth;

/// <summary>The independent implementation of JOSE: the npm package, in a process of its own.</summary>
internal static class Jose
{
    public const string Claims = """{"sub":"alice","iat":1795248000,"exp":1795251600.5,"iss":"https://issuer.example/","aud":["push","other"],"topics":["news","room.*"]}""";

    private static readonly Lazy<Task<JsonElement>> Shared = new(() => RunAsync("sign", Claims));

    /// <summary>A token and its key for each algorithm; made once for all tests.</summary>
    public static Task<JsonElement> TokensAsync() => Shared.Value;

    public static Task<JsonElement> VerifyAsync(string token, string secret) => RunAsync("verify", token, secret);

    private static async Task<JsonElement> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = Folder(), RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("tokens.mjs");
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Task<string> error = process.StandardError.ReadToEndAsync(deadline.Token);
        string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        Assert.That(process.ExitCode, Is.Zero, $"node tokens.mjs failed; was 'npm ci' run in PushNode.Tests/node? {await error}");
        using JsonDocument document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }

    private static string Folder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "node");
            if (File.Exists(Path.Combine(candidate, "package.json")))
                return candidate;
        }

        throw new DirectoryNotFoundException("PushNode.Tests/node is not above the test's binaries");
    }
}
