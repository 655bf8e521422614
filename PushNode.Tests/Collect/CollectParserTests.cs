using System.Text;
using System.Text.Json;
using PushNode.Collect;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Tests.Collect;

internal sealed class CollectParserTests
{
    private static readonly CollectSettings Settings = new() { MaxDataBytes = 40, MaxTtl = TimeSpan.FromSeconds(100) };

    [TestCase("""{"userId":"alice","data":1}""", "user:alice")]
    [TestCase("""{"data":null,"userId":"a.b_C@d:e+f-0"}""", "user:a.b_C@d:e+f-0")]
    [TestCase("""{"topic":"news.de","data":[]}""", "topic:news.de")]
    [TestCase("""{"broadcast":true,"data":""}""", "all")]
    [TestCase(""" { "user\u0049d" : "\u0061lice" , "data" : { } } """, "user:alice")]
    public void Target_IsTheChannel(string json, string channel)
    {
        Problem? refused = CollectParser.Parse(Encoding.UTF8.GetBytes(json), Settings, out CollectRequest request);

        Assert.That(refused, Is.Null);
        Assert.That(request.Channel.Name, Is.EqualTo(channel));
        Assert.That(request.MessageCount, Is.EqualTo(1));
    }

    [Test]
    public void EveryOption_IsRead()
    {
        Problem? refused = CollectParser.Parse("""{"id":"m:1","ttl":100,"event":"greet","ephemeral":false,"userIds":["b","a"],"data":0}"""u8, Settings, out CollectRequest request);

        Assert.That(refused, Is.Null);
        Assert.That(request.Id, Is.EqualTo("m:1"));
        Assert.That(request.Ttl, Is.EqualTo(100));
        Assert.That(request.Label, Is.EqualTo("greet"));
        Assert.That(request.Ephemeral, Is.False);
        Assert.That(request.Recipients, Is.EqualTo(new[] { Channel.User("b"), Channel.User("a") }));
    }

    [Test]
    public void Options_LeftOut_AreNull()
    {
        CollectParser.Parse("""{"userId":"a","ephemeral":true,"data":0}"""u8, Settings, out CollectRequest request);

        Assert.That(request.Ephemeral, Is.True);
        Assert.That(request.Id, Is.Null);
        Assert.That(request.Ttl, Is.Null);
        Assert.That(request.Label, Is.Null);
        Assert.That(request.Recipients, Is.Null);
    }

    [TestCase("", 400, "malformed", "the body is empty")]
    [TestCase(" \r\n\t", 400, "malformed", "the body is empty")]
    [TestCase("\uFEFF{}", 400, "malformed", "byte order mark")]
    [TestCase("[]", 400, "malformed", "must be a JSON object, not an array")]
    [TestCase("3", 400, "malformed", "must be a JSON object, not a number")]
    [TestCase("null", 400, "malformed", "must be a JSON object, not null")]
    [TestCase("{", 400, "malformed", "malformed JSON at byte 2")]
    [TestCase("{\"userId\":\"a\",\n \"data\":}", 400, "malformed", "malformed JSON at line 2, byte 9")]
    [TestCase("""{"userId":"a","data":NaN}""", 400, "malformed", "malformed JSON at byte 22")]
    [TestCase("""{"userId":"a","data":-Infinity}""", 400, "malformed", "malformed JSON")]
    [TestCase("""{"userId":"a","data":01}""", 400, "malformed", "malformed JSON")]
    [TestCase("""{"userId":"a","data":1,}""", 400, "malformed", "malformed JSON")]
    [TestCase("""{"userId":"a","data":1} x""", 400, "malformed", "malformed JSON at byte 25")]
    [TestCase("""{"userId":"a","data":1}{}""", 400, "malformed", "malformed JSON at byte 24")]
    [TestCase("""{"userId":"a","data":1 /* why */}""", 400, "malformed", "malformed JSON")]
    [TestCase("""{'userId':"a","data":1}""", 400, "malformed", "malformed JSON at byte 2")]
    [TestCase("{\"userId\":\"a\",\"data\":\"a\nb\"}", 400, "malformed", "malformed JSON")]
    [TestCase("""{"userId":"a","data":"\x"}""", 400, "malformed", "malformed JSON")]
    [TestCase("""{"user":"a","data":1}""", 400, "unknown_field", "there is no field \"user\"")]
    [TestCase("""{"UserId":"a","data":1}""", 400, "unknown_field", "\"UserId\"")]
    [TestCase("""{"\ud800":"a","data":1}""", 400, "malformed", "half of a surrogate pair")]
    [TestCase("""{"userId":"\ud800","data":1}""", 400, "malformed", "half of a surrogate pair")]
    [TestCase("""{"userId":"a","data":1,"data":2}""", 400, "duplicate_field", "data is there twice")]
    [TestCase("""{"userId":"a","userId":"b","data":1}""", 400, "duplicate_field", "userId is there twice")]
    [TestCase("""{"userId":"a","topic":"b","data":1}""", 400, "two_targets", "userId and topic are both there")]
    [TestCase("""{"broadcast":true,"userIds":["b"],"data":1}""", 400, "two_targets", "broadcast and userIds")]
    [TestCase("""{"data":1}""", 400, "no_target", "userId, userIds, topic or broadcast")]
    [TestCase("{}", 400, "no_target", "goes to nobody")]
    [TestCase("""{"userId":"a"}""", 400, "no_data", "data is missing")]
    [TestCase("""{"userId":1,"data":1}""", 400, "wrong_type", "userId must be a string, not a number")]
    [TestCase("""{"userId":null,"data":1}""", 400, "wrong_type", "userId must be a string, not null")]
    [TestCase("""{"topic":["a"],"data":1}""", 400, "wrong_type", "topic must be a string, not an array")]
    [TestCase("""{"userIds":"a","data":1}""", 400, "wrong_type", "userIds must be an array of strings, not a string")]
    [TestCase("""{"userIds":["a",2],"data":1}""", 400, "wrong_type", "not a number (item 2)")]
    [TestCase("""{"broadcast":"yes","data":1}""", 400, "wrong_type", "broadcast must be true, not a string")]
    [TestCase("""{"broadcast":false,"data":1}""", 400, "bad_value", "broadcast can only be true")]
    [TestCase("""{"userId":"a","id":7,"data":1}""", 400, "wrong_type", "id must be a string")]
    [TestCase("""{"userId":"a","event":{},"data":1}""", 400, "wrong_type", "event must be a string, not an object")]
    [TestCase("""{"userId":"a","ttl":"7","data":1}""", 400, "wrong_type", "ttl must be a whole number of seconds, not a string")]
    [TestCase("""{"userId":"a","ephemeral":1,"data":1}""", 400, "wrong_type", "ephemeral must be true or false, not a number")]
    [TestCase("""{"userId":"","data":1}""", 400, "bad_name", "userId must be 1 to 128 characters of A-Z a-z 0-9 _ . @ : + -")]
    [TestCase("""{"userId":"a b","data":1}""", 400, "bad_name", "userId must be")]
    [TestCase("""{"userId":"\u0061\n","data":1}""", 400, "bad_name", "userId must be")]
    [TestCase("""{"userId":"zoë","data":1}""", 400, "bad_name", "userId must be")]
    [TestCase("""{"topic":"a:b","data":1}""", 400, "bad_name", "topic must be 1 to 128 characters of A-Z a-z 0-9 _ . @ + -")]
    [TestCase("""{"userIds":["a","b/c"],"data":1}""", 400, "bad_name", "(item 2)")]
    [TestCase("""{"userIds":[],"data":1}""", 400, "bad_value", "userIds is empty")]
    [TestCase("""{"userIds":["a","b","a"],"data":1}""", 400, "bad_value", "userIds has \"a\" twice")]
    [TestCase("""{"userId":"a","id":"no spaces","data":1}""", 400, "bad_name", "id must be 1 to 128")]
    [TestCase("""{"userId":"a","event":"a:b","data":1}""", 400, "bad_name", "event must be 1 to 128")]
    [TestCase("""{"userId":"a","ttl":0,"data":1}""", 400, "bad_value", "from 1 to 100")]
    [TestCase("""{"userId":"a","ttl":-1,"data":1}""", 400, "bad_value", "from 1 to 100")]
    [TestCase("""{"userId":"a","ttl":1.5,"data":1}""", 400, "bad_value", "whole number of seconds")]
    [TestCase("""{"userId":"a","ttl":101,"data":1}""", 400, "bad_value", "from 1 to 100 (Collect:MaxTtl)")]
    [TestCase("""{"userId":"a","ttl":99999999999999999999,"data":1}""", 400, "bad_value", "whole number")]
    [TestCase("""{"userId":"a","ttl":9,"ephemeral":true,"data":1}""", 400, "bad_value", "ttl has no meaning for an ephemeral message")]
    [TestCase("""{"userId":"a","data":"01234567890123456789012345678901234567890"}""", 413, "too_large", "data has 43 bytes; the limit is 40 (Collect:MaxDataBytes)")]
    public void BadInput_IsRefused_Specifically(string json, int status, string code, string sentence)
    {
        Problem? refused = CollectParser.Parse(Encoding.UTF8.GetBytes(json), Settings, out _);

        Assert.That(refused, Is.Not.Null);
        Assert.That(refused!.Status, Is.EqualTo(status));
        Assert.That(refused.Code, Is.EqualTo(code));
        Assert.That(refused.Detail, Does.Contain(sentence));
    }

    [TestCase(new byte[] { 0xC3, 0x28 }, 23)]
    [TestCase(new byte[] { 0xED, 0xA0, 0x80 }, 23)]
    [TestCase(new byte[] { (byte)'a', 0xFF }, 24)]
    public void Data_NotUtf8_IsRefused_WithThePlace(byte[] bytes, int place)
    {
        byte[] json = [.. """{"userId":"a","data":"""u8, (byte)'"', .. bytes, .. "\"}"u8];

        Problem? refused = CollectParser.Parse(json, Settings, out _);

        Assert.That(refused?.Detail, Is.EqualTo($"byte {place} is not valid UTF-8"));
    }

    [TestCase("[", "1", "]")]
    [TestCase("[", "", "]")]
    [TestCase("""{"a":""", "null", "}")]
    public void Data_MayBeNested63Deep_AsItsClientsCanRead(string open, string inner, string close)
    {
        string deep = Nest(63);
        string frame = $$"""{"type":"message","data":{{deep}}}""";

        Problem? accepted = CollectParser.Parse(Encoding.UTF8.GetBytes($$"""{"data":{{deep}},"userId":"a"}"""), new CollectSettings(), out CollectRequest request);
        Problem? refused = CollectParser.Parse(Encoding.UTF8.GetBytes($$"""{"userId":"a","data":{{Nest(64)}}}"""), new CollectSettings(), out _);
        Problem? hostile = CollectParser.Parse(Encoding.UTF8.GetBytes($$"""{"userId":"a","data":{{new string('[', 60_000)}}"""), new CollectSettings(), out _);

        Assert.That(accepted, Is.Null);
        Assert.That(Encoding.UTF8.GetString(request.Data), Is.EqualTo(deep));
        Assert.That(() => JsonDocument.Parse(frame).Dispose(), Throws.Nothing);
        Assert.That((refused?.Status, refused?.Code), Is.EqualTo((400, "too_deep")));
        Assert.That(refused!.Detail, Does.StartWith($"data is nested more than 63 deep (at byte {21 + (open.Length * 63) + 1})"));
        Assert.That(hostile, Is.EqualTo(refused with { Detail = hostile!.Detail }));

        string Nest(int depth) => string.Concat(Enumerable.Repeat(open, depth)) + inner + string.Concat(Enumerable.Repeat(close, depth));
    }

    [TestCase(1_000, true)]
    [TestCase(1_001, false)]
    public void Recipients_AreBounded(int count, bool accepted)
    {
        string json = $$"""{"userIds":[{{string.Join(',', Enumerable.Range(0, count).Select(static i => $"\"u{i}\""))}}],"data":1}""";

        Problem? refused = CollectParser.Parse(Encoding.UTF8.GetBytes(json), Settings, out CollectRequest request);

        Assert.That(refused is null, Is.EqualTo(accepted));
        Assert.That(accepted ? request.MessageCount.ToString(null, null) : refused!.Detail, Does.Contain(accepted ? "1000" : "more than 1,000"));
    }

    [TestCase(128, true)]
    [TestCase(129, false)]
    public void Names_AreBounded_HoweverTheyAreSpelt(int length, bool accepted)
    {
        string plain = $$"""{"userId":"{{new string('a', length)}}","data":1}""";
        string escaped = $$"""{"userId":"{{string.Concat(Enumerable.Repeat("\\u0061", length))}}","data":1}""";

        Assert.That(CollectParser.Parse(Encoding.UTF8.GetBytes(plain), Settings, out _) is null, Is.EqualTo(accepted));
        Assert.That(CollectParser.Parse(Encoding.UTF8.GetBytes(escaped), Settings, out _) is null, Is.EqualTo(accepted));
    }

    [TestCase("1.50")]
    [TestCase("-0")]
    [TestCase("1E+400")]
    [TestCase("\"\\u00e9\\/ \\ud800 é 😀\"")]
    [TestCase("{ \"b\" : 1 ,\r\n\t\"a\":[ ] , \"a\":2}")]
    public void Data_IsKeptVerbatim(string data)
    {
        foreach (string json in new[] { $$"""{"userId":"a","data":  {{data}}  }""", $$"""{"data":{{data}},"userId":"a"}""" })
        {
            Problem? refused = CollectParser.Parse(Encoding.UTF8.GetBytes(json), Settings, out CollectRequest request);

            Assert.That(refused, Is.Null);
            Assert.That(Encoding.UTF8.GetString(request.Data), Is.EqualTo(data));
        }
    }

    [Test]
    public void Data_OfAnyShape_IsKeptVerbatim([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 100; i++)
        {
            string data = RandomJson.Value(random, 5);
            string json = RandomJson.Pad(random, "{", "\"topic\"", ":", "\"t\"", ",", "\"data\"", ":", data, "}");

            Problem? refused = CollectParser.Parse(Encoding.UTF8.GetBytes(json), new CollectSettings(), out CollectRequest request);

            Assert.That(refused, Is.Null, json);
            Assert.That(Encoding.UTF8.GetString(request.Data), Is.EqualTo(data));
        }
    }

    [Test]
    public void CutOff_AtEveryByte_IsRefused()
    {
        byte[] json = """{"userIds":["a","b"],"id":"x","ttl":5,"event":"e","data":{"a":[1,"\u00e9é"]}}"""u8.ToArray();

        for (int length = 0; length < json.Length; length++)
            Assert.That(CollectParser.Parse(json.AsSpan(0, length), Settings, out _)?.Code, Is.EqualTo("malformed"), $"{length} bytes");
        Assert.That(CollectParser.Parse(json, Settings, out _), Is.Null);
    }
}
