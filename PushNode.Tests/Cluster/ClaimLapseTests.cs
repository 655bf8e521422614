using PushNode.Cluster.Redis;
using PushNode.Diagnostics;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

internal sealed class ClaimLapseTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(5);

    private readonly ShiftedTime time = new();

    [Test]
    public void ProcessThatWasSuspended_KnowsAtOnce_UntilTheClaimIsRenewed()
    {
        var lapse = new ClaimLapse(Lifetime, Gap, time);

        time.Advance(TimeSpan.FromSeconds(11));
        Assert.That(lapse.HasLapsed, Is.True);
        lapse.NoteAwake();
        Assert.That(lapse.HasLapsed, Is.True, "being awake again is no renewal");
        lapse.NoteRenewed(Moment.Now(time));

        Assert.That(lapse.HasLapsed, Is.False);
    }

    [Test]
    public void RenewalThatWasAskedForBeforeTheSuspension_IsNone()
    {
        var lapse = new ClaimLapse(Lifetime, Gap, time);
        var asked = Moment.Now(time);

        time.Advance(TimeSpan.FromSeconds(11));
        lapse.NoteRenewed(asked);
        lapse.NoteAwake();

        Assert.That(lapse.HasLapsed, Is.True);
    }

    [Test]
    public void ShortSuspension_IsOneWhenTheClaimWasOld()
    {
        var lapse = new ClaimLapse(Lifetime, Gap, time);

        time.Advance(TimeSpan.FromSeconds(4));
        lapse.NoteAwake();
        Assert.That(lapse.HasLapsed, Is.False);
        time.Advance(TimeSpan.FromSeconds(6));

        Assert.That(lapse.HasLapsed, Is.True);
    }

    [Test]
    public void ProcessThatIsAwake_WithoutRedis_HasNotLapsed()
    {
        var lapse = new ClaimLapse(Lifetime, Gap, time);

        for (int i = 0; i < 60; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            lapse.NoteAwake();
        }

        Assert.That(lapse.HasLapsed, Is.False);
    }

    [Test]
    public void MachineThatWasSuspended_IsKnownByTheTimeOfDay()
    {
        var clock = new ManualTime();
        var lapse = new ClaimLapse(Lifetime, Gap, clock);

        clock.Advance(TimeSpan.FromHours(1));
        Assert.That(lapse.HasLapsed, Is.True);
        lapse.Forget();
        clock.Advance(TimeSpan.FromHours(-1));

        Assert.That(lapse.HasLapsed, Is.False);
    }
}
