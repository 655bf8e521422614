using System.Diagnostics;

namespace PushNode.Tests.Commands;

/// <summary>Runs the executable and waits for its end.</summary>
internal static class PushNodeProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A process whose output can be read; whoever starts it disposes of it.</summary>
    public static Process Start(string workingDirectory, IEnumerable<string> arguments, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "pushnode"), arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment ?? [])
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public static async Task<ProcessEnd> RunAsync(string workingDirectory, string[] arguments, string input = "", Dictionary<string, string>? environment = null)
    {
        using Process process = Start(workingDirectory, arguments, environment);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new ProcessEnd(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
