using System.CommandLine;
using System.Net.Http.Headers;

namespace PushNode.Commands;

/// <summary><c>pushnode send</c>: posts one message to a node.</summary>
internal static class SendCommand
{
    public const string Epilogue = """
        Give one target - users, a topic, or everybody - and what to send: a text, which becomes {"text":"..."}, or with --json any JSON.
        "-" for either reads it from stdin. What the node answers is printed: {"id":"...","seq":42}.

        Examples:
          pushnode send --user alice 'dinner is ready'
          pushnode send --user alice --user bob --json '{"order":17,"state":"shipped"}' --event order --id order-17-shipped
          date | pushnode send --topic news --ttl 1h -
          pushnode send --all --ephemeral 'back in five minutes' --url https://push.example.com --key-file /etc/pushnode/key

        Exit codes: 0 accepted; 1 refused or unreachable: stderr says why; 2 wrong options
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static Command Create(IReadOnlyDictionary<string, string?> settings)
    {
        var options = new SendOptions();
        var command = new Command("send", "Sends one message to users, to a topic or to everybody.");
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            CommonOptions.RefuseSettings(settings);
            return RunAsync(options, parsed, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(SendOptions options, ParseResult parsed, CancellationToken cancellationToken)
    {
        byte[] body = await SendBody.WriteAsync(options, parsed, Console.In, cancellationToken);
        Uri node = WebAddress.Parse(parsed.GetRequiredValue(options.Url), isWebSocket: false);
        string? key = Secrets.Read("--key", parsed.GetValue(options.Key), "--key-file", parsed.GetValue(options.KeyFile));

        using var http = new HttpClient { Timeout = Patience };
        using var request = new HttpRequestMessage(HttpMethod.Post, WebAddress.Append(node, parsed.GetValue(options.Wait) ? "collect?wait=delivered" : "collect"))
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await HttpAnswer.PrintAsync(node, () => http.SendAsync(request, cancellationToken), cancellationToken);
    }
}
