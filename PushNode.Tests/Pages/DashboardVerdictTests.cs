using System.Text.Json;

namespace PushNode.Tests.Pages;

/// <summary>The one sentence at the top of the dashboard.</summary>
internal sealed class DashboardVerdictTests
{
    [Test]
    public async Task Verdict_NamesTheGravestTrouble_AndWhatToDo()
    {
        await using ScriptedDashboard script = await ScriptedDashboard.StartAsync();
        await using DashboardPage page = await DashboardPage.OpenAsync(script.Address);
        object a = ScriptedDashboard.NodeOf("a:1", self: true), b = ScriptedDashboard.NodeOf("b:1"), c = ScriptedDashboard.NodeOf("c:1");
        object silent = ScriptedDashboard.NodeOf("b:1", "unreachable", "connection refused"), gone = ScriptedDashboard.NodeOf("b:1", "gone"), draining = ScriptedDashboard.NodeOf("b:1", "draining");
        object push = ScriptedDashboard.NodeOf("p:1", roles: ["push", "auth", "dispatch"]);

        await ExpectAsync("good", "The node is well.", "", Of([a]));
        await ExpectAsync("good", "All 3 nodes are well.", "", Of([a, b, c]));
        await ExpectAsync("bad", "b:1 does not answer: connection refused.", "Look at the machine", Of([a, silent, c]));
        await ExpectAsync("bad", "b:1 has not answered for 10 s: connection refused.", "Look at the machine", Of([a, silent, c]), Of([a, silent, c], second: 11));
        await ExpectAsync("warn", "b:1 has been gone for 1 s.", "start it again", Of([a, gone, c]));
        await ExpectAsync("info", "b:1 is draining.", "Nothing to do", Of([a, draining, c]));
        await ExpectAsync("info", "b:1 has drained and ended, 2 s ago.", "leaves this list", Of([a, draining, c]), Of([a, gone, c], second: 2));
        await ExpectAsync("bad", "Redis is away: no answer.", "What still works: messages are taken", ScriptedDashboard.StatusOf(1, [a, b], redisTrouble: "no answer"));
        await ExpectAsync("bad", "The store refuses messages: the disk is full.", "Make room", ScriptedDashboard.StatusOf(1, [a, silent], redisTrouble: "no answer", storeTrouble: "the disk is full"));
        await ExpectAsync("bad", "The store is away: no answer.", "node that collects", ScriptedDashboard.StatusOf(1, [a, b], storeAway: "no answer"));
        await ExpectAsync("bad", "No node takes messages.", "Start a node with the role collect", Of([push, ScriptedDashboard.NodeOf("q:1", roles: ["push"])]));
        await ExpectAsync("warn", "b:1 is not ready: the disk is full.", "/readyz", Of([a, ScriptedDashboard.NodeOf("b:1", ready: "the disk is full")]));
        await ExpectAsync("bad", "6 of 9 nodes do not answer: s1:1, s2:1, s3:1 and 3 more.", "Look at the machine",
            Of([a, b, c, .. Enumerable.Range(1, 6).Select(i => ScriptedDashboard.NodeOf($"s{i}:1", "unreachable", "no"))]));

        async Task ExpectAsync(string level, string text, string todo, params object[] statuses)
        {
            JsonElement shown = await page.Browser.EvaluateAsync($$"""
                import('./dashboard/verdict.js').then(({ Verdict }) => {
                    const verdict = new Verdict();
                    for (const status of {{JsonSerializer.Serialize(statuses)}}) verdict.show(status);
                    return ['verdict-text', 'verdict-todo', 'verdict-aloud'].map(id => document.getElementById(id).textContent).concat(document.getElementById('verdict').dataset.is);
                })
                """);
            Assert.That(shown[0].GetString(), Is.EqualTo(text));
            Assert.That(shown[1].GetString(), Does.Contain(todo));
            Assert.That(shown[3].GetString(), Is.EqualTo(level), text);
        }

        static object Of(object[] nodes, int second = 1) => ScriptedDashboard.StatusOf(second, nodes);
    }
}
