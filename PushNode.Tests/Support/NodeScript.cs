using System.Diagnostics;
using System.Text.Json;

namespace PushNode.Tests.Support;

/// <summary>Runs a script of <c>PushNode.Tests/node</c> in a process of its own: the independent implementations are npm packages.</summary>
internal static class NodeScript
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>What the script prints, as JSON.</summary>
    public static async Task<JsonElement> RunAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = Path.Combine(SourceTree.Root, "PushNode.Tests", "node"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])[script, .. arguments])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Patience);
        Task<string> error = process.StandardError.ReadToEndAsync(deadline.Token);
        string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        Assert.That(process.ExitCode, Is.Zero, $"node {script} failed; was 'npm ci' run in PushNode.Tests/node? {await error}");
        using JsonDocument document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }
}
