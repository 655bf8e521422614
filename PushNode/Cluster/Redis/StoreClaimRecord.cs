using System.Text.Json;

namespace PushNode.Cluster.Redis;

/// <summary>Who stores, in <c>pn:store</c>.</summary>
internal sealed record StoreClaimRecord(string Address, string Incarnation, string Epoch)
{
    /// <summary>Null when it is none.</summary>
    public static StoreClaimRecord? Parse(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, RedisJson.Default.StoreClaimRecord) is { Address: not null } claim ? claim : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public override string ToString() => JsonSerializer.Serialize(this, RedisJson.Default.StoreClaimRecord);
}
