using System.CommandLine;
using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Commands;

/// <summary>The command line: takes the settings out of the arguments, parses the rest strictly, runs the command.</summary>
internal static class CommandLine
{
    private static readonly ParserConfiguration Parser = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    // Each command bounds its own ending; how long a node may take is a setting.
    private static readonly InvocationConfiguration Invocation = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = Timeout.InfiniteTimeSpan };

    /// <summary>Returns one of <see cref="ExitCodes"/>.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            var split = SettingArguments.Extract(arguments);
            ParseResult parsed = Create(split.Settings).Parse(split.Rest, Parser);
            if (parsed.Errors.Count == 0 || parsed.Action is HelpPages)
                return await parsed.InvokeAsync(Invocation);

            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync($"pushnode: {error.Message}");
            await Console.Error.WriteLineAsync($"See {Path(parsed)} --help.");
            return ExitCodes.Usage;
        }
        catch (SettingsException e)
        {
            foreach (SettingError error in e.Errors)
                await Console.Error.WriteLineAsync($"pushnode: {error}");
            return ExitCodes.Usage;
        }
    }

    private static RootCommand Create(IReadOnlyDictionary<string, string?> settings)
    {
        RootCommand root = RunCommand.Create(settings);
        root.Add(TokenCommand.Create(settings));
        root.Add(ListenCommand.Create(settings));
        root.Add(SendCommand.Create(settings));
        root.Add(HealthCommand.Create(settings));
        root.Add(NodesCommand.Create(settings));
        root.Add(BenchCommand.Create(settings));
        root.Add(RenewEpochCommand.Create(settings));
        HelpPages.Extend(root);
        return root;
    }

    private static string Path(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        return command is RootCommand ? "pushnode" : $"pushnode {command.Name}";
    }
}
