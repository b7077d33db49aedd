using System.Text;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Tests.Yaml;

/// <summary>Expected texts are what PyYAML 6.0 writes: <c>safe_dump(v, width=200, allow_unicode=True)</c>.</summary>
public class The_yaml_writer
{
    [Theory]
    [InlineData("""{"ttl":30,"loop_wait":10,"postgresql":{"use_slots":true,"parameters":{"wal_level":"replica","x":null}}}""",
        "loop_wait: 10\npostgresql:\n  parameters:\n    wal_level: replica\n    x: null\n  use_slots: true\nttl: 30\n")]
    [InlineData("""{"a":[1,[2,{"b":[3],"c":{}}],[]]}""", "a:\n- 1\n- - 2\n  - b:\n    - 3\n    c: {}\n- []\n")]
    [InlineData("{}", "{}\n"), InlineData("[]", "[]\n"), InlineData("null", "null\n...\n"), InlineData("\"on\"", "'on'\n"), InlineData("\"x\"", "x\n...\n")]
    [InlineData("""["on","Yes","null","~","","1","010","0x1F","1:30","1.5","2020-01-01","=","<<","no","1e3","y","0o7"]""",
        "- 'on'\n- 'Yes'\n- 'null'\n- '~'\n- ''\n- '1'\n- '010'\n- '0x1F'\n- '1:30'\n- '1.5'\n- '2020-01-01'\n- '='\n- '<<'\n- 'no'\n- 1e3\n- y\n- 0o7\n")]
    [InlineData("""["a: b","a:b","a #b","a#b","- x","-x","[x","*","it's","'q'","\"q\"","%p","@","? x","?x"," lead","trail ","a\tb","-","#"]""",
        "- 'a: b'\n- a:b\n- 'a #b'\n- a#b\n- '- x'\n- -x\n- '[x'\n- '*'\n- it's\n- '''q'''\n- '\"q\"'\n- '%p'\n- '@'\n- '? x'\n- ?x\n- ' lead'\n- 'trail '\n- \"a\\tb\"\n- '-'\n- '#'\n")]
    [InlineData("""{"a":"one\ntwo\n"}""", "a: 'one\n\n  two\n\n  '\n")]
    [InlineData("""{"a":"one \ntwo"}""", "a: \"one \\ntwo\"\n")]
    [InlineData("""{"имя":"Грозный 🐘","z":"\u0007"}""", "z: \"\\a\"\nимя: Грозный 🐘\n")]
    [InlineData("""[1.0,1e20,1e-7,0.1,-0.0,100000000000000000000,1e16,123456.789]""",
        "- 1.0\n- 1.0e+20\n- 1.0e-07\n- 0.1\n- -0.0\n- 100000000000000000000\n- 1.0e+16\n- 123456.789\n")]
    [InlineData("""{"":1,"a\nb":2,"true":3}""", "? ''\n: 1\n? 'a\n\n  b'\n: 2\n'true': 3\n")]
    [InlineData("""{"pg_hba":["host all all 0.0.0.0/0 md5"],"archive_command":"cp %p /a/%f && true"}""",
        "archive_command: cp %p /a/%f && true\npg_hba:\n- host all all 0.0.0.0/0 md5\n")]
    public void Writes_blocks_as_the_peer_does(string json, string yaml) => Assert.Equal(yaml, Yaml11Writer.Block(JsonNode.Parse(json)));

    [Theory]
    [InlineData("""{"nofailover":true,"clonefrom":true}""", "{clonefrom: true, nofailover: true}")]
    [InlineData("""{"a":["x,y","on",{"b":null}],"c":"a:b"}""", "{a: ['x,y', 'on', {b: null}], c: 'a:b'}")]
    [InlineData("{}", "{}")]
    public void Writes_flow_as_the_peer_does(string json, string yaml) => Assert.Equal(yaml, Yaml11Writer.Flow(JsonNode.Parse(json)));

    [Fact]
    public void Keeps_the_order_when_told_to() =>
        Assert.Equal("b: 1\na: 2\n", Yaml11Writer.Block(JsonNode.Parse("""{"b":1,"a":2}"""), sortKeys: false));

    [Fact]
    public void Folds_long_texts_behind_the_width()
    {
        var words = string.Join(' ', Enumerable.Repeat("word", 60));
        var yaml = Yaml11Writer.Block(new JsonObject { ["k"] = words, ["q"] = "# " + words, ["d"] = "\t" + words });
        Assert.Equal(
            $"d: \"\\t{Words(40)}\\\n  \\ {Words(20)}\"\nk: {Words(40)}\n  {Words(20)}\nq: '# {Words(40)}\n  {Words(20)}'\n", yaml);

        static string Words(int count) => string.Join(' ', Enumerable.Repeat("word", count));
    }

    [Fact]
    public void Writes_what_reads_back_the_same()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var tree = AnyTree(new Random(seed), depth: 4);
            foreach (var yaml in new[] { Yaml11Writer.Block(tree, sortKeys: false, width: 20 + (seed % 200)), Yaml11Writer.Block(tree) })
            {
                var back = Yaml11.Parse(yaml, "seed");
                Assert.True(JsonNode.DeepEquals(Normal(tree), Normal(back)), $"seed {seed}:\n{JsonText.Compact(tree)}\n{yaml}");
            }
        }
    }

    /// <summary>Numbers as text, so that 1.50 and 1.5 are the same.</summary>
    private static JsonNode? Normal(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(pair => new KeyValuePair<string, JsonNode?>(pair.Key, Normal(pair.Value)))),
        JsonArray array => new JsonArray([.. array.Select(Normal)]),
        null => null,
        _ => JsonValue.Create(node.GetValueKind() + TextualForm.Of(node)),
    };

    private static JsonNode? AnyTree(Random random, int depth) => random.Next(depth > 0 ? 10 : 6) switch
    {
        0 => random.Next(3) switch { 0 => null, 1 => JsonValue.Create(true), _ => JsonValue.Create(random.NextInt64()) },
        1 => JsonNode.Parse(TextualForm.OfReal(Math.Round((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-10, 20)), 5))),
        <= 5 => JsonValue.Create(AnyText(random)),
        <= 7 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => AnyTree(random, depth - 1))]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(5))
            .Select(i => new KeyValuePair<string, JsonNode?>(AnyText(random).Replace('*', '+') + i, AnyTree(random, depth - 1)))),
    };

    private static string AnyText(Random random)
    {
        string[] tricky =
        [
            "on", "no", "null", "~", "", "010", "1:30", "1.5", "2020-01-01", "=", "<<", "- a", "? a", "a: b", "a #b", "---", "...", "it's", " x", "x ",
            "a\nb", "\n", "a\n\n b", "é", "🐘", "\t", "\r\n", "\0", "\u2028", "\ufeff", "%(asctime)s %(levelname)s", "host all all 0.0.0.0/0 md5", "\\",
        ];
        if (random.Next(2) == 0)
        {
            return tricky[random.Next(tricky.Length)];
        }

        const string alphabet = "ab c:#-?,[]{}'\"\n\té012.e+_~!&*|>%@`\\=<";
        var text = new StringBuilder();
        for (var length = random.Next(60); length > 0; length--)
        {
            text.Append(alphabet[random.Next(alphabet.Length)]);
        }

        return text.ToString();
    }
}
