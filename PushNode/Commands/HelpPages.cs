using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace PushNode.Commands;

/// <summary><c>--help</c>: usage and options as the library writes them, then examples, where settings come from, what the exit code means.</summary>
internal sealed class HelpPages(HelpAction usage) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string> Epilogues = new(StringComparer.Ordinal)
    {
        ["token"] = TokenCommand.Epilogue,
        ["listen"] = ListenCommand.Epilogue,
        ["send"] = SendCommand.Epilogue,
        ["health"] = HealthCommand.Epilogue,
        ["nodes"] = NodesCommand.Epilogue,
        ["bench"] = BenchCommand.Epilogue,
        ["renew-epoch"] = RenewEpochCommand.Epilogue,
    };

    public override bool ClearsParseErrors => true;

    /// <summary>Has the option <c>--help</c> of the root, which is everybody's, show these pages.</summary>
    public static void Extend(RootCommand root)
    {
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
            help.Action = new HelpPages((HelpAction)help.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        int code = usage.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(Epilogues.GetValueOrDefault(parseResult.CommandResult.Command.Name, RunCommand.Epilogue));
        return code;
    }
}
