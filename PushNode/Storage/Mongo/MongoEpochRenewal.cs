using PushNode.Settings;
using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>
/// Gives the messages in a database a new epoch, as after restoring an older copy: what was numbered since the copy was made is numbered again, for other
/// messages, so positions of before mean nothing any more. Nodes that run notice within seconds.
/// </summary>
internal static class MongoEpochRenewal
{
    private const string Key = "Mongo:Connection";

    /// <summary>Returns the epoch there was and the one there is now. Blocks.</summary>
    /// <exception cref="SettingsException">The database cannot be reached, or holds no messages of PushNode.</exception>
    public static (string Before, string Now) Run(MongoOptions options)
    {
        string connection = MongoAddress.Check(options);
        var collections = new Collections(options);
        var setup = new MongoSetup(collections, new HeadQuery(collections));
        try
        {
            using var pool = MongoPool.Open(connection, options.Database, MongoOptions.DefaultDatabase, options.Timeout);
            string before = setup.ReadEpoch(pool)
                ?? throw new SettingsException(Key, null, $"names a database at {MongoAddress.ToText(connection)} that holds no messages of PushNode: see Mongo:Database and Mongo:CollectionPrefix");
            return (before, setup.RenewEpoch(pool));
        }
        catch (Exception e) when (e is MongoException or MongoSetupException)
        {
            throw new SettingsException(Key, null, $"names a database at {MongoAddress.ToText(connection)} that cannot be given a new epoch: {e.Message.TrimEnd('.')}");
        }
    }
}
