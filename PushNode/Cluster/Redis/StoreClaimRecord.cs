using System.Text.Json;

namespace PushNode.Cluster.Redis;

/// <summary>Who stores: in <c>pn:store</c> while it does, in <c>pn:epoch</c> who did last, and in the data folder of the node that does.</summary>
/// <param name="Address">Of the node.</param>
/// <param name="Incarnation">Which run of it.</param>
/// <param name="Epoch">Of its store.</param>
/// <param name="Term">How many stores have followed one another by what Redis knew, this one included, from 1; 0 when it is not told.</param>
/// <param name="Since">When this store became the cluster's, in Unix milliseconds of its node's clock.</param>
internal sealed record StoreClaimRecord(string Address, string Incarnation, string Epoch, long Term = 0, long Since = 0)
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

    /// <summary>
    /// Whether this claim holds against another one: it was made in knowledge of more stores, one after the other. Between two that know nothing of each other,
    /// since Redis has forgotten, it is the older one.
    /// </summary>
    public bool Precedes(StoreClaimRecord other) =>
        (Term, -Since).CompareTo((other.Term, -other.Since)) is var order && order != 0 ? order > 0 : string.CompareOrdinal(Address, other.Address) < 0;

    public override string ToString() => JsonSerializer.Serialize(this, RedisJson.Default.StoreClaimRecord);
}
