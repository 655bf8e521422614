using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PushNode.Pages;
using PushNode.Tests.Auth;

namespace PushNode.Tests.Pages;

/// <summary>The dashboard's own files as a node serves them, with an admin stream that says what the test wants: clusters that are too large, or too strange, to be started.</summary>
internal sealed class ScriptedDashboard : IAsyncDisposable
{
    private static readonly DateTime Start = DateTime.UtcNow;

    private readonly CancellationTokenSource stopped = new();
    private LocalServer? server;
    private int streams;

    private ScriptedDashboard()
    {
    }

    public Uri Address => new($"{server!.Url}/dashboard");

    /// <summary>What the next statuses say; as many a second as <see cref="Interval"/> lets through.</summary>
    public Func<int, object> Status { get; set; } = static second => StatusOf(second, [NodeOf("local")]);

    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The points that a stream begins with.</summary>
    public object[] History { get; init; } = [];

    /// <summary>Answers other paths than those of the dashboard; and its stream, instead of the script, while it is set for that.</summary>
    public Dictionary<string, RequestDelegate> Answers { get; } = [];

    /// <summary>How often a stream was asked for.</summary>
    public int Streams => Volatile.Read(ref streams);

    public static async Task<ScriptedDashboard> StartAsync(Func<int, object>? status = null, object[]? history = null, TimeSpan? interval = null)
    {
        var dashboard = new ScriptedDashboard { History = history ?? [], Interval = interval ?? TimeSpan.FromMilliseconds(100) };
        dashboard.Status = status ?? dashboard.Status;
        dashboard.server = await LocalServer.StartAsync(dashboard.AnswerAsync);
        return dashboard;
    }

    /// <summary>A status of a cluster, in a second counted from the start of the tests.</summary>
    public static object StatusOf(int second, object[] nodes, string? redisTrouble = null, string? storeTrouble = null, string? storeAway = null) => new
    {
        time = TimeOf(second),
        node = "10.0.0.1:8081",
        cluster = nodes.Length == 1 ? "alone" : "redis",
        redis = nodes.Length == 1 ? null : new { trouble = redisTrouble },
        store = new { kind = "journal", trouble = storeTrouble, away = storeAway, epoch = "9f31c2aa" },
        point = PointOf(second),
        nodes,
    };

    public static object PointOf(int second, double? latency = 0.42) => new
    {
        time = TimeOf(second),
        connections = 1000 + second,
        accepted = 300,
        delivered = 2900,
        replayed = 2,
        dropped = 1,
        refused = 0,
        outbox = 40_000,
        p50 = latency,
        p99 = latency * 7,
    };

    public static object NodeOf(string address, string state = "up", string? detail = null, bool self = false, string[]? roles = null, string? ready = null, int second = 0) => state is "up" or "draining"
        ? new
        {
            address,
            self,
            incarnation = $"i-{address}",
            version = "0.9.0",
            roles = roles ?? ["auth", "collect", "dispatch", "push"],
            state,
            detail,
            ready,
            uptime = 4000,
            connections = 400 + second,
            memory = 89_000_000,
            heap = 22_000_000,
            cpu = 0.42,
            cores = 4,
            outbox = 12_000,
            accepted = 30,
            delivered = 290 + (second * 7 % 50),
            replayed = 0,
            dropped = 0,
            refused = 0,
            p50 = 0.4,
            p99 = 2.5,
        }
        : new { address, self, incarnation = $"i-{address}", version = "0.9.0", roles = roles ?? ["push"], state, detail, since = TimeOf(0) };

    public static RequestDelegate Json(object body, int status = 200) => context =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(body);
    };

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        if (server is not null)
            await server.DisposeAsync();
        stopped.Dispose();
    }

    private static string TimeOf(int second) => $"{Start.AddSeconds(second):yyyy-MM-ddTHH:mm:ss.fffZ}";

    private Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        if (path == "/admin/stream")
            Interlocked.Increment(ref streams);
        if (Answers.TryGetValue(path, out RequestDelegate? answer))
            return answer(context);
        return path switch
        {
            "/admin/stream" => StreamAsync(context),
            "/dashboard" => new Page("dashboard/index.html", "text/html; charset=utf-8", "keys", collects: true).HandleAsync(context),
            _ when path.EndsWith(".css", StringComparison.Ordinal) => new Page(path[1..], "text/css; charset=utf-8", "keys", collects: true).HandleAsync(context),
            _ when path.EndsWith(".js", StringComparison.Ordinal) => new Page(path[1..], "text/javascript; charset=utf-8", "keys", collects: true).HandleAsync(context),
            _ => Json(new { code = "not_found", detail = "nothing is here" }, 404)(context),
        };
    }

    private async Task StreamAsync(HttpContext context)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stopped.Token, context.RequestAborted);
        context.Response.ContentType = "text/event-stream";
        await WriteAsync("history", new { interval = 1, points = History });
        for (int second = 1; !ends.IsCancellationRequested && !Answers.ContainsKey("/admin/stream"); second++)
        {
            await WriteAsync("status", Status(second));
            await Task.Delay(Interval, ends.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task WriteAsync(string name, object data)
        {
            await context.Response.WriteAsync($"event: {name}\ndata: {JsonSerializer.Serialize(data)}\n\n", CancellationToken.None);
            await context.Response.Body.FlushAsync(CancellationToken.None);
        }
    }
}
