using System.CommandLine;
using PushNode.Hosting;
using PushNode.Settings;
using PushNode.Storage.Journal;

namespace PushNode.Commands;

/// <summary><c>pushnode renew-epoch</c>: makes positions of before mean nothing, after an older data folder has been restored.</summary>
internal static class RenewEpochCommand
{
    public const string Epilogue = """
        After an older copy of a data folder has been put back, new messages get numbers that clients have already seen on others. With a
        new epoch the node can tell: whoever comes with a position of before is told "reset" and gets everything that is kept. Messages,
        heads and revocations stay as they are. Run it while the node is stopped, as the user that runs the node, and before it starts again.

        Examples:
          pushnode renew-epoch
          pushnode renew-epoch --data /var/lib/pushnode

        Exit codes: 0 the epoch is renewed; 2 wrong options, no journal in the folder, or a node is using it
        """;

    public static Command Create(IReadOnlyDictionary<string, string?> settings)
    {
        var data = CommonOptions.Data();
        var config = CommonOptions.Config();
        var command = new Command("renew-epoch", "Gives a stopped node's data folder a new epoch, after an older copy of it was restored.") { data, config };
        command.SetAction(parsed =>
        {
            IConfiguration configuration = CommonOptions.Configuration(settings, parsed.GetValue(config), parsed.GetValue(data));
            (string before, string now) = EpochRenewal.Run(new DataFolder(NodeOptions.DataFrom(configuration)), new Disk());
            Console.Out.WriteLine($"old epoch  {before}");
            Console.Out.WriteLine($"new epoch  {now}");
        });
        return command;
    }
}
