using System.Text.Json;
using System.Text.Json.Serialization;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Cluster.Redis;

/// <summary>What a node tells of itself in <c>pn:node:{address}</c>.</summary>
/// <param name="Incarnation">Which run of the node.</param>
/// <param name="Roles">Its modules, as they are written in settings.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Protocol">Of what nodes say to one another.</param>
/// <param name="Connections">How many clients it holds.</param>
/// <param name="Stores">Whether the cluster's messages are in its journal.</param>
/// <param name="Draining">Whether it is on its way out.</param>
/// <param name="Started">When it started, in Unix milliseconds of its own clock.</param>
/// <param name="Lifetime">How long this lives, in milliseconds; what is left of it tells the age.</param>
internal sealed record NodeRecord(
    string Incarnation,
    string Roles,
    string Version,
    string Protocol,
    int Connections,
    bool Stores,
    bool Draining,
    long Started,
    long Lifetime)
{
    /// <summary>Null when it is none: somebody else has written there.</summary>
    public static NodeRecord? Parse(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, RedisJson.Default.NodeRecord) is { Incarnation.Length: > 0, Roles: not null, Version: not null, Protocol: not null } record ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public override string ToString() => JsonSerializer.Serialize(this, RedisJson.Default.NodeRecord);

    /// <summary>Null when it names a role that this version does not know.</summary>
    public Peer? ToPeer(string address)
    {
        try
        {
            return new Peer(address, Incarnation, RoleNames.Parse(Roles, isAlone: false), Version, Connections, Stores, Draining);
        }
        catch (SettingsException)
        {
            return null;
        }
    }
}

/// <summary>What is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NodeRecord))]
[JsonSerializable(typeof(StoreClaimRecord))]
internal sealed partial class RedisJson : JsonSerializerContext;
