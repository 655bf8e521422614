using Microsoft.AspNetCore.Http;
using PushNode.Bench;
using PushNode.Tests.Commands;
using PushNode.Tests.Support;

namespace PushNode.Tests.Bench;

/// <summary>A run against a server that does what no node may: each fault is seen, and nothing else.</summary>
internal sealed class BenchRunTests
{
    private const int Bad = 3;

    [Test]
    public async Task AServerWithoutFault_IsGood()
    {
        BenchResult result = await RunAsync(static n => [n]);

        Assert.That(result.Problems, Is.Empty);
        Assert.That(result.IsGood, Is.True);
        Assert.That(result.Delivered, Is.EqualTo(result.Accepted).And.EqualTo(result.Sent).And.GreaterThan(Bad));
        Assert.That(result.Latencies.Count, Is.GreaterThan(0));
        Assert.That(result.Measured, Is.GreaterThan(TimeSpan.Zero).And.LessThan(TimeSpan.FromHours(1)), "it was told to stop");
    }

    [Test]
    public async Task ALoss_IsSeen()
    {
        BenchResult result = await RunAsync(static n => n == Bad ? [] : [n]);

        Assert.That(result.Verdict, Is.EqualTo(new Verdict(1, 0, 0, 0)));
        Assert.That(result.IsGood, Is.False);
        Assert.That(string.Join('\n', BenchTable.For(result)), Does.Contain("1 LOST"));
        Assert.That((long)BenchJson.For(result)["lost"]!, Is.EqualTo(1));
    }

    [Test]
    public async Task ADouble_IsSeen()
    {
        BenchResult result = await RunAsync(static n => n == Bad ? [n, n] : [n]);

        Assert.That(result.Verdict, Is.EqualTo(new Verdict(0, 1, 0, 0)));
        Assert.That(result.IsGood, Is.False);
        Assert.That(result.Delivered, Is.EqualTo(result.Accepted), "a double is not a delivery");
    }

    [Test]
    public async Task ASwap_IsSeen()
    {
        BenchResult result = await RunAsync(static n => n switch { Bad => [], Bad + 1 => [n, Bad], _ => [n] });

        Assert.That(result.Verdict, Is.EqualTo(new Verdict(0, 0, 1, 0)));
        Assert.That(result.IsGood, Is.False);
    }

    [Test]
    public async Task WithManualAck_WhatHasComeIsAcknowledged()
    {
        await using FaultyNode node = await FaultyNode.StartAsync(static n => [n]);

        BenchResult result = await MeasureAsync(Plan(node.Address) with { Acknowledges = true });

        Assert.That(result.IsGood, Is.True);
        await Eventually.BecomesTrueAsync(() => Task.FromResult(node.Received.Contains($$"""{"type":"ack","seq":{{result.Accepted}}}""")), "the last one is acknowledged");
    }

    [Test]
    public async Task ARefusedConnection_EndsTheRun_WithTheSettingToRaise()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(static context =>
        {
            context.Response.StatusCode = 429;
            context.Response.ContentType = "application/problem+json";
            return context.Response.WriteAsync("""{"status":429,"detail":"your address has 7 connections, the most allowed"}""");
        });

        BenchResult result = await RunAsync(Plan(server.Address));

        Assert.That(result.IsGood, Is.False);
        Assert.That(result.Problems.Single(), Does.StartWith("the node refused a connection with 429 (your address has 7").And.Contain("Push:MaxConnectionsPerAddress"));
        Assert.That(result.Sent, Is.Zero);
    }

    [Test]
    public async Task NobodyThere_EndsTheRun()
    {
        BenchResult result = await RunAsync(Plan(new Uri("http://127.0.0.1:1")));

        Assert.That(result.IsGood, Is.False);
        Assert.That(result.Problems.Single(), Does.StartWith("a connection cannot be made"));
    }

    private static BenchPlan Plan(Uri node) => TestPlan.For(node) with { Producers = 1, Rate = 100, Patience = TimeSpan.FromSeconds(0.5) };

    private static async Task<BenchResult> RunAsync(Func<int, int[]> deliver)
    {
        await using FaultyNode node = await FaultyNode.StartAsync(deliver);
        return await MeasureAsync(Plan(node.Address));
    }

    /// <summary>Runs until there is enough to judge by, then tells it to stop.</summary>
    private static async Task<BenchResult> MeasureAsync(BenchPlan plan)
    {
        using var stop = new CancellationTokenSource();
        using var run = new BenchRun(plan with { Duration = TimeSpan.FromHours(1) }, TimeProvider.System);
        Task<BenchResult> running = run.RunAsync(stop.Token);
        await Eventually.BecomesTrueAsync(() => Task.FromResult(run.Phase == BenchPhase.Measuring), "it measures");
        long before = run.Accepted;
        await Eventually.BecomesTrueAsync(() => Task.FromResult(run.Accepted > before + (2 * Bad)), "messages are answered");
        await stop.CancelAsync();
        return await running;
    }

    private static async Task<BenchResult> RunAsync(BenchPlan plan)
    {
        using var run = new BenchRun(plan, TimeProvider.System);
        return await run.RunAsync(CancellationToken.None);
    }
}
