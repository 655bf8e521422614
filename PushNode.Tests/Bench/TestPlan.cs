using System.Net;
using PushNode.Bench;
using PushNode.Tests.Support;

namespace PushNode.Tests.Bench;

/// <summary>Small plans.</summary>
internal static class TestPlan
{
    private const string Run = "run";

    /// <summary>A plan for connections of a node that verifies the tokens of <see cref="Tokens"/>.</summary>
    public static BenchPlan For(Uri node, int connections = 1) => new()
    {
        Node = node,
        EndPoint = new IPEndPoint(IPAddress.Loopback, node.Port),
        Connections = connections,
        Users = connections,
        Producers = 2,
        Warmup = TimeSpan.FromSeconds(0.2),
        Duration = TimeSpan.FromSeconds(0.5),
        Tokens = [.. Enumerable.Range(0, connections).Select(static i => Tokens.For(BenchPlan.UserOf(Run, i), [BenchPlan.TopicOf(Run)]))],
        Run = Run,
    };
}
