using System.Text.Json;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Admin.Status;

/// <summary>A node as an object in the stream.</summary>
internal static class NodeText
{
    public static void Write(Utf8JsonWriter json, NodeView view)
    {
        bool isUp = view is { Trouble: null, Status: not null };
        string state = !isUp ? "unreachable" : view.Status!.IsDraining ? "draining" : "up";
        json.WriteStartObject();
        if (view is { Peer: { } peer, Status: null })
            WriteIdentity(json, view.Address, view.Peer is null, peer.Incarnation, peer.Version, peer.Roles);
        else
            WriteIdentity(json, view.Address, view.Peer is null, view.Status!.Incarnation, view.Status.Version, view.Status.Roles);
        json.WriteString("state", state);
        json.WriteString("detail", isUp ? null : view.Trouble ?? "it has not been asked yet");
        if (isUp)
            WriteStatus(json, view.Status!, view.Newest);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, GoneNode gone)
    {
        Peer peer = gone.Peer;
        json.WriteStartObject();
        WriteIdentity(json, peer.Address, isSelf: false, peer.Incarnation, peer.Version, peer.Roles);
        json.WriteString("state", "gone");
        json.WriteString("detail", gone.WasStopped ? "it was stopped" : "it has ended, or its heartbeat has lapsed");
        json.WriteString("since", Timestamp.ToText(gone.Since));
        json.WriteEndObject();
    }

    private static void WriteIdentity(Utf8JsonWriter json, string address, bool isSelf, string incarnation, string version, Roles roles)
    {
        json.WriteString("address", address);
        json.WriteBoolean("self", isSelf);
        json.WriteString("incarnation", incarnation);
        json.WriteString("version", version);
        json.WriteStartArray("roles");
        foreach (string role in RoleNames.ToList(roles))
            json.WriteStringValue(role);
        json.WriteEndArray();
    }

    private static void WriteStatus(Utf8JsonWriter json, NodeStatus status, NodeSample? newest)
    {
        json.WriteString("ready", status.Unready);
        json.WriteNumber("uptime", status.Uptime);
        json.WriteNumber("memory", newest?.Memory ?? 0);
        json.WriteNumber("heap", newest?.Heap ?? 0);
        json.WriteNumber("cpu", (newest?.MilliCores ?? 0) / 1000.0);
        json.WriteNumber("cores", status.Cores);
        var point = new PointSum(0);
        if (newest is not null)
        {
            point.AddCounts(newest);
            point.AddState(newest);
        }

        point.WriteMembers(json);
    }
}
