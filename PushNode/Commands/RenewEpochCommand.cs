using System.CommandLine;
using PushNode.Hosting;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Journal;
using PushNode.Storage.Mongo;

namespace PushNode.Commands;

/// <summary><c>pushnode renew-epoch</c>: makes positions of before mean nothing, after an older copy of the messages has been restored.</summary>
internal static class RenewEpochCommand
{
    public const string Epilogue = """
        After an older copy of a data folder, or of the MongoDB database, has been put back, new messages get numbers that clients have already seen on
        others. With a new epoch the nodes can tell: whoever comes with a position of before is told "reset" and gets everything that is kept.
        Messages, heads and revocations stay as they are. For a data folder run it while the node is stopped, as the user that runs the node, and before
        it starts again. For MongoDB run it when the copy is in place; nodes that run already notice within seconds.

        Examples:
          pushnode renew-epoch
          pushnode renew-epoch --data /var/lib/pushnode
          pushnode renew-epoch --mongo mongodb://mongo.internal/pushnode

        Exit codes: 0 the epoch is renewed; 2 wrong options, no journal in the folder or a node is using it, or the database cannot be reached
        """;

    public static Command Create(IReadOnlyDictionary<string, string?> settings)
    {
        var data = CommonOptions.Data();
        var mongo = CommonOptions.Mongo();
        var config = CommonOptions.Config();
        var command = new Command("renew-epoch", "Gives a data folder, or a MongoDB database, a new epoch after an older copy of it was restored.") { data, mongo, config };
        command.SetAction(parsed =>
        {
            var all = new Dictionary<string, string?>(settings, StringComparer.OrdinalIgnoreCase);
            CommonOptions.Set(all, "Mongo:Connection", parsed.GetValue(mongo));
            IConfiguration configuration = CommonOptions.Configuration(all, parsed.GetValue(config), parsed.GetValue(data));
            (string before, string now) = StorageModule.UsesMongo(configuration)
                ? MongoEpochRenewal.Run(SettingsRegistration.Bind<MongoOptions>(configuration))
                : EpochRenewal.Run(new DataFolder(NodeOptions.DataFrom(configuration)), new Disk());
            Console.Out.WriteLine($"old epoch  {before}");
            Console.Out.WriteLine($"new epoch  {now}");
        });
        return command;
    }
}
