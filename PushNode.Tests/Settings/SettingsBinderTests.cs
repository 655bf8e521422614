using System.Reflection;
using Microsoft.Extensions.Configuration;
using PushNode.Settings;

namespace PushNode.Tests.Settings;

internal sealed class SettingsBinderTests
{
    private const string DurationForm = "it must be a duration written hh:mm:ss or d.hh:mm:ss";

    internal enum Color
    {
        Red,
        DarkBlue,
    }

    [Test]
    public void Values_AreRead()
    {
        var all = new Sample();

        Assert.That(
            Bind(all, ("Text", " a "), ("Flag", "True"), ("Count", "-5"), ("Size", "10000000000"), ("Wait", "1.02:03:04.5"), ("Color", "darkblue"), ("Limit", "7"), ("List", "a, b"), ("Inner:Count", "3")),
            Is.Empty);
        Assert.That(all, Is.EqualTo(new Sample
        {
            Text = " a ",
            Flag = true,
            Count = -5,
            Size = 10_000_000_000,
            Wait = new TimeSpan(1, 2, 3, 4, 500),
            Color = Color.DarkBlue,
            Limit = 7,
            List = all.List,
            Inner = all.Inner,
        }));
        Assert.That(all.List, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(all.Inner.Count, Is.EqualTo(3));
    }

    [Test]
    public void WhatIsNull_OrAnEmptyOptional_StaysAsItWas()
    {
        var all = new Sample { Count = 4 };

        Assert.That(Bind(all, ("Count", null), ("Limit", ""), ("Inner", null), ("List", "")), Is.Empty);
        Assert.That((all.Count, all.Limit), Is.EqualTo((4, (int?)null)));
        Assert.That(all.List, Is.Empty);
    }

    [TestCase("Count", "64 KiB", "S:Count is '64 KiB': it must be a whole number written in digits alone, such as 65536")]
    [TestCase("Count", "65,536", "S:Count is '65,536'")]
    [TestCase("Count", "2147483648", "S:Count is '2147483648': it must be at most 2147483647")]
    [TestCase("Count", "", "S:Count is ''")]
    [TestCase("Limit", "x", "S:Limit is 'x': it must be a whole number")]
    [TestCase("Size", "1.5", "S:Size is '1.5': it must be a whole number")]
    [TestCase("Flag", "yes", "S:Flag is 'yes': it must be true or false")]
    [TestCase("Color", "green", "S:Color is 'green': it must be one of Red, DarkBlue")]
    [TestCase("Color", "1", "S:Color is '1': it must be one of Red, DarkBlue")]
    [TestCase("Color", "Red,DarkBlue", "S:Color is 'Red,DarkBlue'")]
    [TestCase("Wait", "60", "S:Wait is '60': " + DurationForm + ": 00:01:00 is a minute")]
    [TestCase("Wait", "24:00:00", "S:Wait is '24:00:00': " + DurationForm, Description = ".NET takes it for 24 days")]
    [TestCase("Wait", "1:30", "S:Wait is '1:30': " + DurationForm)]
    [TestCase("Wait", "00:00:60", "S:Wait is '00:00:60': " + DurationForm)]
    [TestCase("Wait", "5s", "S:Wait is '5s': " + DurationForm)]
    [TestCase("Count:0", "1", "S:Count takes one value, not a list or a group")]
    [TestCase("Cuont", "hunter2", "S:Cuont is no setting; known are Color, Count, Flag, Inner, Limit, List, Size, Text, Wait")]
    [TestCase("Inner", "hunter2", "S:Inner takes no value: it is a group of the settings Count")]
    [TestCase("Inner:Cuont", "hunter2", "S:Inner:Cuont is no setting; known are Count")]
    [TestCase("List:first", "hunter2", "S:List:first is no entry of a list: write S:List:0, S:List:1 and so on, or S:List with the entries separated by commas")]
    [TestCase("List:0:x", "hunter2", "S:List:0 is no entry of a list")]
    public void WhatIsWrong_IsTold_WithKeyValueAndRemedy(string key, string value, string sentence)
    {
        string told = Bind(new Sample(), (key, value)).Single().ToString();

        Assert.That(told, Does.StartWith(sentence).And.Not.Contain("System.").And.Not.Contain("hunter2"));
    }

    [Test]
    public void AValueForTheSection_IsRefused()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("S", (string?)"x")]).Build();

        Assert.That(SettingsBinder.Bind(configuration.GetSection("S"), new Sample(), isWhole: true).Single().ToString(), Does.StartWith("S takes no value: it is a group of the settings Color, Count"));
    }

    [Test]
    public void AListGivenInBothWays_IsRefused() =>
        Assert.That(Bind(new Sample(), ("List", "a"), ("List:0", "b")).Single().ToString(), Is.EqualTo("S:List is given both as one text and with an index: keep one of them"));

    [Test]
    public void AllThatIsWrong_IsToldAtOnce() =>
        Assert.That(Bind(new Sample(), ("Count", "x"), ("Wait", "y"), ("Foo", "z")), Has.Count.EqualTo(3));

    [Test]
    public void OfAPart_OtherKeysAreSomebodyElses()
    {
        var part = new Sample();
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("S:Foo", (string?)"1"), KeyValuePair.Create("S:Count", (string?)"2")]).Build();

        Assert.That(SettingsBinder.Bind(configuration.GetSection("S"), part, isWhole: false), Is.Empty);
        Assert.That(part.Count, Is.EqualTo(2));
    }

    [Test]
    public void EverySettingOfEveryModule_CanBeBound()
    {
        foreach (Type type in typeof(ISettings).Assembly.GetTypes().Where(static t => t is { IsClass: true, IsAbstract: false } && typeof(ISettings).IsAssignableFrom(t)))
        {
            string section = (string)type.GetProperty(nameof(ISettings.Section), BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy)!.GetValue(null)!;
            IConfiguration configuration = new ConfigurationBuilder()
                .AddInMemoryCollection(type.GetProperties().Where(static p => p.CanWrite).Select(p => KeyValuePair.Create($"{section}:{p.Name}", (string?)"?")))
                .Build();

            // A type of property that nobody can read throws.
            Assert.That(() => SettingsBinder.Bind(configuration.GetSection(section), Activator.CreateInstance(type)!, isWhole: true), Throws.Nothing, type.Name);
        }
    }

    private static IReadOnlyList<SettingError> Bind(Sample settings, params (string Key, string? Value)[] values)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(values.Select(static v => KeyValuePair.Create($"S:{v.Key}", v.Value))).Build();
        return SettingsBinder.Bind(configuration.GetSection("S"), settings, isWhole: true);
    }

    private sealed record Sample
    {
        public string? Text { get; set; }

        public bool Flag { get; set; }

        public int Count { get; set; }

        public long Size { get; set; }

        public int? Limit { get; set; }

        public TimeSpan Wait { get; set; }

        public Color Color { get; set; }

        public string[] List { get; set; } = [];

        public Group Inner { get; init; } = new();
    }

    private sealed class Group
    {
        public int Count { get; set; }
    }
}
