using PushNode.Commands;

namespace PushNode.Tests.Commands;

internal sealed class ListenPositionTests
{
    [Test]
    public void ToQuery_AtFirst_AsksForWhatTheUserAskedFor()
    {
        var position = new ListenPosition(41, ["news:7", "fx"]);

        Assert.That(position.ToQuery("cli"), Is.EqualTo("device=cli&ack=manual&after=41&topics=news%3A7%2Cfx"));
    }

    [Test]
    public void ToQuery_WithoutAnything_LeavesItToTheDevice()
    {
        Assert.That(new ListenPosition(null, []).ToQuery("a+b"), Is.EqualTo("device=a%2Bb&ack=manual"));
    }

    [Test]
    public void ToQuery_Later_GoesOnWhereItWas_InEveryChannel()
    {
        var position = new ListenPosition(0, ["news", "fx"]);
        position.Begin("alice", "e1");
        position.Move("user:alice", 5);
        position.Move("topic:news", 9);
        position.Move("all", 3);

        Assert.That(position.ToQuery("cli"), Is.EqualTo("device=cli&ack=manual&after=5&epoch=e1&topics=news%3A9%2Cfx&all=3"));
    }

    [Test]
    public void Begin_OfAnotherEpoch_ForgetsSeqsThatDoNotCompare()
    {
        var position = new ListenPosition(null, ["news"]);
        position.Begin("alice", "e1");
        position.Move("topic:news", 9);

        position.Begin("alice", "e2");

        Assert.That(position.Move("topic:news", 1), Is.True);
    }

    [Test]
    public void Begin_OfTheSameEpoch_KeepsThem()
    {
        var position = new ListenPosition(null, []);
        position.Begin("alice", "e1");
        position.Move("user:alice", 9);

        position.Begin("alice", "e1");

        Assert.That(position.Move("user:alice", 9), Is.False);
    }

    [Test]
    public void Move_GoesForwardOnly_UntilReset()
    {
        var position = new ListenPosition(null, []);

        Assert.That(position.Move("all", 2), Is.True);
        Assert.That(position.Move("all", 2), Is.False);
        Assert.That(position.Move("all", 1), Is.False);
        Assert.That(position.Move("user:alice", 1), Is.True, "another channel");
        position.Reset("all");
        Assert.That(position.Move("all", 1), Is.True);
    }
}
