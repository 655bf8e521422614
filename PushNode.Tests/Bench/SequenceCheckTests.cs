using PushNode.Bench;

namespace PushNode.Tests.Bench;

internal sealed class SequenceCheckTests
{
    [TestCase("11 12 13 14", "11 12 13 14", 0, 0, 0, 0)]
    [TestCase("", "", 0, 0, 0, 0)]
    [TestCase("11 12 13 14", "11 12 13", 1, 0, 0, 0, TestName = "The last one is lost")]
    [TestCase("11 12 13 14", "11 13 14", 1, 0, 0, 0, TestName = "One in the middle is lost")]
    [TestCase("11 12 13 14", "12 13 14", 1, 0, 0, 0, TestName = "The first one is lost")]
    [TestCase("11 12 13 14", "", 4, 0, 0, 0, TestName = "All are lost")]
    [TestCase("11 12 13 14", "11 12 12 13 14", 0, 1, 0, 0, TestName = "One is doubled")]
    [TestCase("11 12 13 14", "11 12 13 14 11", 0, 1, 0, 0, TestName = "One comes again, late")]
    [TestCase("11 12 13 14", "11 13 12 14", 0, 0, 1, 0, TestName = "Two are swapped")]
    [TestCase("11 12 13 14", "14 13 12 11", 0, 0, 3, 0, TestName = "All are turned round")]
    [TestCase("11 12 13 14", "11 13 12 12 14", 0, 1, 1, 0, TestName = "One is late, and doubled")]
    [TestCase("11 12 13 14", "11 11 14", 2, 1, 0, 0, TestName = "A double does not hide a loss")]
    [TestCase("11 12 14 15", "11 12 14 15", 0, 0, 0, 0, TestName = "A number that nobody was answered may be left out")]
    public void Faults_AreTold(string promised, string delivered, int lost, int doubled, int outOfOrder, int mistaken)
    {
        Assert.That(Compare(promised, delivered), Is.EqualTo(new Verdict(lost, doubled, outOfOrder, mistaken)));
    }

    [Test]
    public void TwoMessages_UnderEachOthersNumbers_AreMistaken()
    {
        var promises = new Promises();
        promises.Accept(11, 1);
        promises.Accept(12, 2);
        SequenceCheck check = Start();
        check.Take(11, 2);
        check.Take(12, 1);

        Assert.That(promises.Compare(check), Is.EqualTo(new Verdict(0, 0, 0, 1)));
    }

    [Test]
    public void OneMoreThanWasPromised_IsMistaken()
    {
        var promises = new Promises();
        promises.Accept(11, 1);
        SequenceCheck check = Start();
        check.Take(11, 1);
        check.Take(12, 2);

        Assert.That(promises.Compare(check).IsGood, Is.False);
        promises.Forget();
        Assert.That(promises.Compare(check).IsGood, Is.True, "what was not answered may come");
    }

    [Test]
    public void WhatOthersSend_KeepsTheOrder_ButIsNotCounted()
    {
        var promises = new Promises();
        promises.Accept(12, 1);
        SequenceCheck check = Start();
        check.Take(11, 0);
        check.Take(12, 1);

        Assert.That(promises.Compare(check).IsGood, Is.True);
        Assert.That(check.Received, Is.EqualTo(1));
    }

    private static Verdict Compare(string promised, string delivered)
    {
        var promises = new Promises();
        foreach (long seq in Numbers(promised))
            promises.Accept(seq, seq * 7);
        SequenceCheck check = Start();
        foreach (long seq in Numbers(delivered))
            check.Take(seq, seq * 7);
        return promises.Compare(check);
    }

    private static SequenceCheck Start()
    {
        var check = new SequenceCheck();
        check.Start(10);
        return check;
    }

    private static IEnumerable<long> Numbers(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse);
}
