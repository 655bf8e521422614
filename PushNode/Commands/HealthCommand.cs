using System.CommandLine;

namespace PushNode.Commands;

/// <summary><c>pushnode health</c>: asks a node whether it can take work. For containers, whose images have no other HTTP client.</summary>
internal static class HealthCommand
{
    public const string Epilogue = """
        Examples:
          pushnode health
          pushnode health --url http://127.0.0.1:9000

        Exit codes: 0 the node can take work; 1 it cannot, or does not answer; 2 wrong options
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create(IReadOnlyDictionary<string, string?> settings)
    {
        Option<string> url = CommonOptions.Url("http", "The node");
        var command = new Command("health", "Asks a node whether it can take work (GET /readyz).") { url };
        command.SetAction((parsed, cancellationToken) =>
        {
            CommonOptions.RefuseSettings(settings);
            return RunAsync(WebAddress.Parse(parsed.GetRequiredValue(url), isWebSocket: false), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(Uri node, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = Patience };
        return await HttpAnswer.PrintAsync(node, () => http.GetAsync(WebAddress.Append(node, "readyz"), cancellationToken), cancellationToken);
    }
}
