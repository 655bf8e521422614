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

    /// <summary>What its environment has beside that of the tests.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    public int ProcessId => process!.Id;

    /// <summary>A node that verifies the tokens of <see cref="Tokens"/>.</summary>
    public static Task<NodeProcess> StartAsync(params string[] settings) => StartAsync(new NodeProcess(["--Auth:Jwt:Secret", Tokens.Secret, .. settings]));

    /// <summary>A node as it is out of the box.</summary>
    public static Task<NodeProcess> StartPlainAsync() => StartAsync(new NodeProcess([]));

    /// <summary>Starts it, again if it has run before, and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        Launch();
        await Eventually.BecomesTrueAsync(IsReadyAsync, $"the node on port {Port} is ready");
    }

    /// <summary>Starts it without waiting until it is ready.</summary>
    public void Launch()
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "pushnode"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        };
        foreach (string argument in (string[])["--urls", Address.ToString(), "--data", Data, .. settings])
            start.ArgumentList.Add(argument);
        foreach ((string name, string value) in Environment)
            start.Environment[name] = value;
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>A node of a cluster, which verifies the tokens of <see cref="Tokens"/> if that is its role. Not started yet.</summary>
    public static NodeProcess Prepare(params string[] settings) => new(settings);

    /// <summary><c>SIGSTOP</c>: it does nothing more, and its kernel goes on taking what is sent to it.</summary>
    public void Pause() => Signal("STOP");

    /// <summary><c>SIGCONT</c>.</summary>
    public void Continue() => Signal("CONT");

    /// <summary>SIGTERM, without waiting for what comes of it.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>Waits for its end; returns the exit code.</summary>
    public async Task<int> WaitForExitAsync()
    {
        await process!.WaitForExitAsync();
        return process.ExitCode;
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
        Terminate();
        return await WaitForExitAsync();
    }

    private void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{process!.Id}"]);
        kill.WaitForExit();
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

    /// <summary>Whether <c>/readyz</c> says that it can take work; fails the test if the process has ended.</summary>
    public async Task<bool> IsReadyAsync()
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
    /// <summary>What <c>/readyz</c> says; empty when it does not answer.</summary>
    public async Task<string> ReadinessAsync()
    {
        try
        {
            using HttpResponseMessage response = await Http.GetAsync(new Uri(Address, "readyz"));
            return await response.Content.ReadAsStringAsync();
        }
        catch (HttpRequestException)
        {
            return "";
        }
    }
}
