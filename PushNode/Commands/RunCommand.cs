using System.CommandLine;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using PushNode.Diagnostics;
using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Commands;

/// <summary><c>pushnode</c>: runs a node until it is told to stop.</summary>
internal static class RunCommand
{
    public const string Epilogue = """
        Settings:
          Each comes from the last of these that has it: appsettings.json beside the executable, the file of --config,
          the environment (PUSHNODE_Urls, PUSHNODE_Collect__MaxDataBytes), the command line. Those without an option of their own
          are written --Section:Key VALUE or --Section:Key=VALUE. A key that does not exist stops the start.
          On loopback nothing has to be set. Any other address needs Collect:ApiKeys with the role collect, and with auth a way to verify
          tokens (Auth:Jwt or Auth:Webhook).

        Examples:
          pushnode
          pushnode --urls http://127.0.0.1:9000 --data /var/lib/pushnode --Logging:LogLevel:Default Debug
          pushnode --roles push --redis redis.internal:6379 --cluster-listen http://*:8081 --Cluster:SecretFile /etc/pushnode/cluster-secret
          pushnode --mongo mongodb://mongo.internal/pushnode --Mongo:Retention 14.00:00:00
          PUSHNODE_Collect__ApiKeysFile=/etc/pushnode/keys PUSHNODE_Auth__Jwt__SecretFile=/etc/pushnode/secret pushnode --urls http://*:8080

        Exit codes:
          0  stopped when told to (Ctrl-C, SIGTERM)
          1  could not run: an address that is in use, or not this machine's; or told to stop a second time while it was stopping
          2  wrong options or settings: stderr says which, and what would be right
        """;

    public static RootCommand Create(IReadOnlyDictionary<string, string?> settings)
    {
        var roles = new Option<string?>("--roles") { HelpName = "LIST", Description = "The modules this node runs, separated by commas: auth, collect, dispatch, push (default: all)" };
        var urls = new Option<string?>("--urls") { HelpName = "LIST", Description = $"The addresses it listens on, separated by commas; * stands for every address (default: {NodeOptions.DefaultUrls})" };
        var data = CommonOptions.Data();
        var redis = CommonOptions.Redis();
        var mongo = CommonOptions.Mongo();
        var clusterListen = new Option<string?>("--cluster-listen") { HelpName = "URL", Description = "In a cluster, the address of the listener for the other nodes, such as http://10.0.0.5:8081" };
        var clusterAdvertise = new Option<string?>("--cluster-advertise") { HelpName = "HOST:PORT", Description = "Where the other nodes reach that listener (default: found from its address)" };
        var config = CommonOptions.Config();
        var root = new RootCommand("PushNode pushes messages from business systems to the people connected to them. Without a command it runs a node.") { roles, urls, data, redis, mongo, clusterListen, clusterAdvertise, config };
        root.SetAction((parsed, cancellationToken) =>
        {
            var all = new Dictionary<string, string?>(settings, StringComparer.OrdinalIgnoreCase);
            CommonOptions.Set(all, RoleNames.Key, parsed.GetValue(roles));
            CommonOptions.Set(all, nameof(NodeOptions.Urls), parsed.GetValue(urls));
            CommonOptions.Set(all, nameof(NodeOptions.Data), parsed.GetValue(data));
            CommonOptions.Set(all, "Redis:Connection", parsed.GetValue(redis));
            CommonOptions.Set(all, "Mongo:Connection", parsed.GetValue(mongo));
            CommonOptions.Set(all, "Cluster:Listen", parsed.GetValue(clusterListen));
            CommonOptions.Set(all, "Cluster:Advertise", parsed.GetValue(clusterAdvertise));
            return RunAsync(NodeConfiguration.Build(parsed.GetValue(config), all), cancellationToken);
        });
        return root;
    }

    private static async Task<int> RunAsync(IConfiguration configuration, CancellationToken cancellationToken)
    {
        using var impatience = SecondSignal.Watch();
        await using WebApplication app = PushNodeApp.Build(configuration);
        try
        {
            await StartAsync(app, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Success;
        }
        catch (Exception e) when (e is SocketException or IOException { InnerException: AddressInUseException })
        {
            string reason = e is IOException ? e.Message : $"Failed to bind to {string.Join(", ", app.Services.GetRequiredService<NodeOptions>().Urls)}: {e.Message}";
            await Console.Error.WriteLineAsync($"pushnode: {reason.TrimEnd('.')}. Stop what listens there, or choose another address with --urls.");
            return ExitCodes.Failure;
        }

        await Console.Out.WriteLineAsync(Banner.For(app));
        await app.WaitForShutdownAsync(cancellationToken);
        return app.Services.GetService<FatalEnd>()?.HasFailed == true ? ExitCodes.Failure : ExitCodes.Success;
    }

    // The modules start before the listeners: when those fail, what has been started is stopped in good order.
    private static async Task StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.StopAsync(CancellationToken.None);
            throw;
        }
    }
}
