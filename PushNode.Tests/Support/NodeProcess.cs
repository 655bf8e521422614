using System.Collections.Concurrent;
using System.Diagnostics;

namespace PushNode.Tests.Support;

/// <summary>A real <c>pushnode</c> process on a port and a folder of its own, which may be killed and started again.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly HttpClient Http = new();

    private readonly TemporaryFolder folder = new();
    private readonly string[] settings;
    private readonly ConcurrentQueue<string> output = [];
    private Process? process;

    private NodeProcess(string[] settings) => this.settings = settings;

    public int Port { get; } = Ports.Next();

    public Uri Address => new($"http://127.0.0.1:{Port}/");

    public string Data => folder.File("data");

    /// <summary>Everything it has printed, over all its runs.</summary>
    public string Output => string.Join('\n', output);

    public int ProcessId => process!.Id;

    /// <summary>A node that verifies the tokens of <see cref="Tokens"/>.</summary>
    public static Task<NodeProcess> StartAsync(params string[] settings) => StartAsync(new NodeProcess(["--Auth:Jwt:Secret", Tokens.Secret, .. settings]));

    /// <summary>A node as it is out of the box.</summary>
    public static Task<NodeProcess> StartPlainAsync() => StartAsync(new NodeProcess([]));

    /// <summary>Starts it, again if it has run before, and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "pushnode"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        };
        foreach (string argument in (string[])["--urls", Address.ToString(), "--data", Data, .. settings])
            start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Eventually.BecomesTrueAsync(IsReadyAsync, $"the node on port {Port} is ready");
    }

    /// <summary><c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", $"{process!.Id}"]);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
            await KillAsync();
        process?.Dispose();
        folder.Dispose();
    }

    private static async Task<NodeProcess> StartAsync(NodeProcess node)
    {
        try
        {
            await node.StartAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    private async Task<bool> IsReadyAsync()
    {
        if (process!.HasExited)
            Assert.Fail($"pushnode ended with {process.ExitCode}:\n{Output}");
        try
        {
            using HttpResponseMessage response = await Http.GetAsync(new Uri(Address, "readyz"));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
