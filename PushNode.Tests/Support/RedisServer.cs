using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace PushNode.Tests.Support;

/// <summary>A real <c>redis-server</c> on a port and in a folder of its own, which keeps nothing on its disk.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentQueue<string> output = [];
    private readonly string? password;
    private readonly string[] arguments;
    private Process? process;

    private RedisServer(string? password, string[] arguments)
    {
        this.password = password;
        this.arguments = arguments;
    }

    public int Port { get; } = Ports.Next();

    /// <summary>As in <c>Redis:Connection</c>, without the password.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <param name="arguments">Options of redis-server, such as <c>--maxmemory</c> and its value.</param>
    public static Task<RedisServer> StartAsync(params string[] arguments) => StartWithPasswordAsync(null, arguments);

    /// <inheritdoc cref="StartAsync(string[])"/>
    public static async Task<RedisServer> StartWithPasswordAsync(string? password, params string[] arguments)
    {
        RedisServer server = Prepare(password, arguments);
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>One that is not running yet.</summary>
    public static RedisServer Prepare(string? password = null, params string[] arguments) => new(password, arguments);

    /// <summary>Starts it, empty, and waits until it answers.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.Path };
        string[] login = password is null ? [] : ["--requirepass", password];
        foreach (string argument in (string[])["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.Path, .. login, .. arguments])
            start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Eventually.BecomesTrueAsync(AnswersAsync, $"redis-server answers on port {Port}");
    }

    /// <summary><c>kill -9</c>: everything in it is lost.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Kills it and starts it again, empty.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAsync();
    }

    /// <summary><c>SIGSTOP</c>: it answers nothing, and its kernel goes on taking connections and what is sent.</summary>
    public void Pause() => Signal("STOP");

    /// <summary><c>SIGCONT</c>.</summary>
    public void Continue() => Signal("CONT");

    /// <summary>Runs a command with redis-cli; returns its answer as lines.</summary>
    public async Task<string[]> CommandAsync(params string[] command)
    {
        string[] login = password is null ? [] : ["--no-auth-warning", "-a", password];
        using Process cli = Process.Start(new ProcessStartInfo("redis-cli", ["-p", $"{Port}", .. login, .. command]) { RedirectStandardOutput = true })!;
        string output = await cli.StandardOutput.ReadToEndAsync();
        await cli.WaitForExitAsync();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>How many commands it has processed, of one name or of all.</summary>
    public async Task<long> CountCommandsAsync(string name)
    {
        string? line = (await CommandAsync("INFO", "commandstats")).FirstOrDefault(l => l.StartsWith($"cmdstat_{name}:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split('=', ',')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
            await KillAsync();
        process?.Dispose();
        folder.Dispose();
    }

    private void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{process!.Id}"]);
        kill.WaitForExit();
    }

    private async Task<bool> AnswersAsync()
    {
        if (process!.HasExited)
            Assert.Fail($"redis-server ended with {process.ExitCode}:\n{string.Join('\n', output)}");
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", Port);
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray());
            byte[] answer = new byte[64];
            int length = await stream.ReadAsync(answer).AsTask().WaitAsync(TimeSpan.FromSeconds(5));
            return length > 0 && Encoding.ASCII.GetString(answer, 0, length) is ['+' or '-', ..] text && !text.StartsWith("-LOADING", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException or TimeoutException)
        {
            return false;
        }
    }
}
