using System.CommandLine;
using PushNode.Auth;
using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Commands;

/// <summary><c>pushnode token</c>: prints a token for trying out.</summary>
internal static class TokenCommand
{
    public const string Epilogue = """
        The token is signed with the key that the node verifies with: Auth:Jwt:Secret (or SecretFile) when it is set - in the file of
        --config, in the environment or as --Auth:Jwt:SecretFile FILE - else the key that the node has generated in its data folder
        when it was first started.
        With Auth:Jwt:KeyFile, Auth:Jwt:Jwks or Auth:Webhook, tokens are made by your own system.

        Examples:
          pushnode token --user alice
          pushnode token --user alice --ttl 15m --topics 'news,room.*' --data /var/lib/pushnode
          curl -N -H "Authorization: Bearer $(pushnode token --user alice)" http://127.0.0.1:8080/push/sse

        Exit codes: 0 a token is on stdout; 2 wrong options or settings
        """;

    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(1);

    public static Command Create(IReadOnlyDictionary<string, string?> settings)
    {
        var user = new Option<string>("--user") { HelpName = "ID", Description = "The user it is for", Required = true };
        var ttl = new Option<TimeSpan?>("--ttl") { HelpName = "DURATION", Description = $"How long it is valid: {Durations.Form} (default: 1h)", CustomParser = static result => Durations.Parse(result) };
        var topics = new Option<string?>("--topics") { HelpName = "LIST", Description = "The topics it allows, separated by commas; room.* allows all that begin with 'room.'" };
        var data = CommonOptions.Data();
        var config = CommonOptions.Config();
        var command = new Command("token", "Prints a token with which a client can connect.") { user, ttl, topics, data, config };
        command.SetAction(parsed =>
        {
            IConfiguration configuration = CommonOptions.Configuration(settings, parsed.GetValue(config), parsed.GetValue(data));
            Console.Out.WriteLine(Sign(configuration, parsed.GetRequiredValue(user), parsed.GetValue(ttl) ?? DefaultLifetime, CommonOptions.Split(parsed.GetValue(topics))));
        });
        return command;
    }

    /// <summary>A token that the node with these settings accepts.</summary>
    /// <exception cref="SettingsException">It cannot be signed here, or what it should say is not allowed.</exception>
    public static string Sign(IConfiguration configuration, string user, TimeSpan lifetime, IReadOnlyCollection<string> topics)
    {
        TokenSigner signer = Signer(configuration);
        try
        {
            return signer.Sign(user, lifetime, topics);
        }
        catch (ArgumentException e)
        {
            throw new SettingsException(e.ParamName == "topics" ? "--topics" : "--user", null, $"is wrong: {e.Message.Split(" (Parameter", 2)[0]}");
        }
    }

    /// <summary>What signs tokens that the node with these settings accepts.</summary>
    /// <exception cref="SettingsException">They cannot be signed here.</exception>
    public static TokenSigner Signer(IConfiguration configuration)
    {
        var data = new DataFolder(NodeOptions.DataFrom(configuration));
        return TokenSigner.FromConfiguration(configuration, () => SigningKey.Load(data), TimeProvider.System);
    }
}
