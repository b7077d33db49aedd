using System.Text.Json.Nodes;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Tests.Yaml;

public class Yaml_1_1
{
    [Theory]
    [InlineData("on", "true"), InlineData("Yes", "true"), InlineData("TRUE", "true"), InlineData("off", "false"), InlineData("NO", "false")]
    [InlineData("oN", "\"oN\""), InlineData("y", "\"y\""), InlineData("n", "\"n\"")]
    [InlineData("null", "null"), InlineData("~", "null"), InlineData("", "null"), InlineData("nULL", "\"nULL\"")]
    [InlineData("010", "8"), InlineData("0644", "420"), InlineData("0o644", "\"0o644\""), InlineData("08", "\"08\""), InlineData("-010", "-8")]
    [InlineData("0x1F", "31"), InlineData("0b101", "5"), InlineData("1_000", "1000"), InlineData("+1", "1"), InlineData("-0", "0")]
    [InlineData("1:30", "90"), InlineData("12:30:45", "45045"), InlineData("1:60", "\"1:60\""), InlineData("-1:30", "-90"), InlineData("0:30", "\"0:30\"")]
    [InlineData("1e3", "\"1e3\""), InlineData("1.5e3", "\"1.5e3\""), InlineData("1.5e+3", "1500.0"), InlineData("1.0e-7", "1e-07")]
    [InlineData(".5", "0.5"), InlineData("1.", "1.0"), InlineData("-.5", "\"-.5\""), InlineData("1:30.5", "90.5"), InlineData("1_0.2_5", "10.25")]
    [InlineData("0.1", "0.1"), InlineData(".inf", "\".inf\""), InlineData(".NaN", "\".NaN\""), InlineData(".", "\".\"")]
    [InlineData("2020-01-01", "\"2020-01-01\""), InlineData("2001-12-14t21:59:43.10-05:00", "\"2001-12-14t21:59:43.10-05:00\"")]
    [InlineData("1h", "\"1h\""), InlineData("1 GB", "\"1 GB\""), InlineData("128MB", "\"128MB\""), InlineData("10.0.0.1:2379", "\"10.0.0.1:2379\"")]
    [InlineData("'on'", "\"on\""), InlineData("\"5\"", "\"5\""), InlineData("=", "\"=\""), InlineData("''", "\"\"")]
    [InlineData("!!str 5", "\"5\""), InlineData("!!int '5'", "5"), InlineData("!!bool 'yes'", "true"), InlineData("!!float 1.5", "1.5")]
    [InlineData("!!null ''", "null"), InlineData("! 5", "5"), InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("9223372036854775807", "9223372036854775807"), InlineData("0x", "\"0x\""), InlineData("1__0", "10"), InlineData("_1", "\"_1\"")]
    public void Reads_a_scalar_as_the_peer_does(string yaml, string json) =>
        Assert.Equal(json, JsonText.Compact(Yaml11.Parse("v: " + yaml, "test")!["v"]));

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3\n", """{"a":3,"b":2}""")]
    [InlineData("z: 1\na: 2\n", """{"z":1,"a":2}""")]
    [InlineData("a: &x [1, {b: 2}]\nc: *x\n", """{"a":[1,{"b":2}],"c":[1,{"b":2}]}""")]
    [InlineData("base: &b {x: 1, y: 2}\nderived:\n  <<: *b\n  y: 3\n  z: 4\n", """{"base":{"x":1,"y":2},"derived":{"x":1,"y":3,"z":4}}""")]
    [InlineData("a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc:\n  y: 9\n  <<: [*a, *b]\n",
        """{"a":{"x":1,"y":1},"b":{"x":2,"z":2},"c":{"x":1,"z":2,"y":9}}""")]
    [InlineData("'<<': 1\n", """{"<<":1}""")]
    [InlineData("a: |\n  one\n   two\n\n", """{"a":"one\n two\n"}""")]
    [InlineData("a: >-\n  one\n  two\n\n  three\n", """{"a":"one two\nthree"}""")]
    [InlineData("a: one\n  two\n", """{"a":"one two"}""")]
    [InlineData("name: Грозный 🐘\n", """{"name":"Грозный 🐘"}""")]
    [InlineData("1: a\non: b\nnull: c\n1.5: d\n", """{"1":"a","true":"b","null":"c","1.5":"d"}""")]
    [InlineData("- a\n-\n- - b\n", """["a",null,["b"]]""")]
    [InlineData("a:\n- 1\n- 2\nb: {}\nc: []\n", """{"a":[1,2],"b":{},"c":[]}""")]
    [InlineData("# only a comment\n", "null"), InlineData("", "null"), InlineData("---\n", "null"), InlineData("---\na: 1\n...\n", """{"a":1}""")]
    [InlineData("%YAML 1.1\n---\na: 1\n", """{"a":1}""")]
    [InlineData("? a\n: 1\n? b\n", """{"a":1,"b":null}""")]
    [InlineData("a: !!set {x, y}\n", """{"a":{"x":null,"y":null}}""")]
    [InlineData("a: \"\\u00e9\\n\\x41 \\\n  b\"\n", """{"a":"é\nA b"}""")]
    [InlineData("[h1:2379,h2:2379, 'x,y']", """["h1:2379","h2:2379","x,y"]""")]
    [InlineData("{a: 1, b}", """{"a":1,"b":null}""")]
    [InlineData("pg_hba:\n- host all all 0.0.0.0/0 md5 # not part of it\n- host a b ::1/128 md5#part\n",
        """{"pg_hba":["host all all 0.0.0.0/0 md5","host a b ::1/128 md5#part"]}""")]
    public void Reads_documents_as_the_peer_does(string yaml, string json) =>
        Assert.Equal(JsonText.Compact(JsonNode.Parse(json)), JsonText.Compact(Yaml11.Parse(yaml, "test")));

    [Theory]
    [InlineData("a: 1\n b: 2\n", 2), InlineData("a: [1, 2\nb: 3\n", 1), InlineData("a: 'open\n", 1), InlineData("a: *nowhere\n", 1)]
    [InlineData("a: 1\n\tb: 2\n", 1), InlineData("a: !ruby/object x\n", 1), InlineData("a: 1\n---\nb: 2\n", 2), InlineData("? [a]\n: 1\n", 1)]
    [InlineData("a: &x [*x]\n", 1), InlineData("<<: 5\n", 1), InlineData("a: !!int x\n", 1), InlineData("a: %b\n", 1), InlineData("a: @b\n", 1)]
    [InlineData("a: b: c\n", 1), InlineData("}\n", 1)]
    public void Tells_where_a_document_is_malformed(string yaml, int line)
    {
        var error = Assert.Throws<ConfigurationException>(() => Yaml11.Parse(yaml, "/etc/x.yml"));
        Assert.Matches($@"^/etc/x\.yml, line {line}, column \d+: [a-z'].*\.$", error.Message);
    }

    [Fact]
    public void Refuses_to_grow_without_bound()
    {
        var bomb = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + string.Concat(Enumerable.Range('b', 12).Select(c =>
            $"{(char)c}: &{(char)c} [{string.Join(',', Enumerable.Repeat($"*{(char)(c - 1)}", 10))}]\n"));
        Assert.Contains("has more than", Assert.Throws<ConfigurationException>(() => Yaml11.Parse(bomb, "x")).Message, StringComparison.Ordinal);
        var deep = new string('[', 5000) + new string(']', 5000);
        Assert.Contains("deeper than", Assert.Throws<ConfigurationException>(() => Yaml11.Parse(deep, "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Either_reads_a_text_or_tells_what_is_wrong_with_it()
    {
        const string Syntax = ":#-?,[]{}'\"\n\t &*!|>%@`<~.0a";
        for (var seed = 0; seed < 1500; seed++)
        {
            var random = new Random(seed);
            var text = new System.Text.StringBuilder(Sample.Yaml);
            for (var changes = random.Next(1, 8); changes > 0; changes--)
            {
                text[random.Next(text.Length)] = Syntax[random.Next(Syntax.Length)];
            }

            try
            {
                _ = Yaml11.Parse(text.ToString(), "x");
            }
            catch (ConfigurationException malformed)
            {
                Assert.True(malformed.Message.StartsWith("x, line ", StringComparison.Ordinal), $"seed {seed}: {malformed.Message}");
            }
        }
    }
}
