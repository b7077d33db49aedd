using System.Globalization;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Settings;

namespace HaAgent.Core.Tests.Settings;

public class Value_parsers
{
    [Theory]
    [InlineData("on", true), InlineData("TRUE", true), InlineData("Yes", true), InlineData("1", true)]
    [InlineData("off", false), InlineData("False", false), InlineData("no", false), InlineData("0", false)]
    [InlineData("", null), InlineData("y", null), InlineData("2", null), InlineData(" on", null), InlineData(null, null)]
    public void Read_booleans_in_every_form(string? text, bool? expected) => Assert.Equal(expected, ValueParsers.Bool(text));

    [Fact]
    public void Read_booleans_from_json()
    {
        Assert.True(ValueParsers.Bool(JsonValue.Create(true)));
        Assert.True(ValueParsers.Bool(JsonValue.Create(1)));
        Assert.False(ValueParsers.Bool(JsonValue.Create("off")));
        Assert.Null(ValueParsers.Bool(new JsonArray(true)));
    }

    [Theory]
    [InlineData("5", 5), InlineData("-5", -5), InlineData("+5", 5), InlineData(" 5 ", 5), InlineData("0", 0), InlineData("00", 0)]
    [InlineData("0x1F", 31), InlineData("-0xff", -255), InlineData("010", 8), InlineData("0644", 420)]
    [InlineData("1.5", 2), InlineData("2.5", 2), InlineData("1e3", 1000), InlineData("1.25e2", 125), InlineData("-0.5", 0), InlineData(".5e1", 5)]
    [InlineData("9007199254740993", 9007199254740993)]
    [InlineData("", null), InlineData("a", null), InlineData("5 6", null), InlineData("09", null), InlineData("0x", null), InlineData("--5", null)]
    [InlineData("+", null), InlineData(".", null), InlineData("1e", null), InlineData("1e30", null), InlineData("1MB", null), InlineData("5s", null)]
    [InlineData("9223372036854775808", null), InlineData("0xFFFFFFFFFFFFFFFF", null)]
    public void Read_integers_without_a_base_unit(string text, object? expected) =>
        Assert.Equal(expected is null ? null : Convert.ToInt64(expected, CultureInfo.InvariantCulture), ValueParsers.Integer(text));

    [Theory]
    [InlineData("128MB", "MB", 128), InlineData("1GB", "MB", 1024), InlineData("16 MB", "16MB", 1), InlineData("64kB", "8kB", 8)]
    [InlineData("4097.5kB", "kB", 4098), InlineData("1TB", "kB", 1073741824), InlineData("1024B", "kB", 1), InlineData("1023B", "kB", 1)]
    [InlineData("7", "MB", 7), InlineData("1mb", "MB", null), InlineData("1KB", "MB", null), InlineData("5s", "MB", null)]
    [InlineData("30min", "s", 1800), InlineData("1d", "s", 86400), InlineData("1.5min", "s", 90), InlineData("500ms", "s", 0)]
    [InlineData("1h", "min", 60), InlineData("2h", "ms", 7200000), InlineData("0x10MB", "MB", 16), InlineData("010s", "s", 8)]
    [InlineData("5 m", "s", null), InlineData("5 s s", "s", null)]
    public void Read_integers_with_a_base_unit(string text, string unit, object? expected) =>
        Assert.Equal(expected is null ? null : Convert.ToInt64(expected, CultureInfo.InvariantCulture), ValueParsers.Integer(text, unit));

    [Theory]
    [InlineData("0.00051ms", "ms", 0.001), InlineData("1.5", null, 1.5), InlineData("1e-2", null, 0.01), InlineData("2s", "ms", 2000.0)]
    [InlineData("x", null, null), InlineData("inf", null, null), InlineData("nan", null, null), InlineData("1.5.5", null, null)]
    public void Read_reals(string text, string? unit, double? expected) => Assert.Equal(expected, ValueParsers.Real(text, unit));

    [Theory]
    [InlineData("10.0.0.1:8008", "10.0.0.1", 8008), InlineData("[::1]:8008", "::1", 8008), InlineData("::1:8008", "::1", 8008)]
    [InlineData("::1", "::1", 5432), InlineData("fe80::1", "fe80::1", 5432), InlineData("[fe80::1]", "fe80::1", 5432)]
    [InlineData("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", 5432), InlineData("::ffff:10.0.0.1", "::ffff:10.0.0.1", 5432)]
    [InlineData("host", "host", 5432), InlineData(":8008", "", 8008), InlineData("*:8008", "*", 8008)]
    [InlineData("a,b:5433", "a,b", 5433), InlineData("[::1],10.0.0.1:5433", "::1,10.0.0.1", 5433), InlineData(" a : 1 ", "a", 1)]
    public void Read_host_and_port(string text, string host, int port) =>
        Assert.Equal((host, port), ValueParsers.HostAndPort(text, 5432));

    [Theory]
    [InlineData("host"), InlineData("host:"), InlineData("host:x"), InlineData("host:65536"), InlineData("host:-1"), InlineData("")]
    [InlineData(null), InlineData("8008"), InlineData("[::1]")]
    public void Refuse_a_host_without_a_usable_port(string? text) => Assert.Null(ValueParsers.HostAndPort(text, defaultPort: null));

    [Fact]
    public void Read_lists_from_arrays_and_from_text()
    {
        Assert.Equal(["a", "b"], ValueParsers.List(JsonValue.Create("a, b,")));
        Assert.Equal(["a", "1"], ValueParsers.List(new JsonArray("a", 1, null)));
        Assert.Empty(ValueParsers.List(null));
    }
}

public class The_textual_form
{
    [Theory]
    [InlineData("5", "5"), InlineData("\"5\"", "5"), InlineData("true", "True"), InlineData("null", "None"), InlineData("1.0", "1.0")]
    [InlineData("1e3", "1000.0"), InlineData("1e16", "1e+16"), InlineData("0.00001", "1e-05"), InlineData("0.1", "0.1")]
    [InlineData("-0.0", "-0.0"), InlineData("123456789012345680.5", "1.2345678901234568e+17"), InlineData("1.5e300", "1.5e+300")]
    [InlineData("[1,\"a\",null]", "[1, 'a', None]"), InlineData("{\"a\":[true]}", "{'a': [True]}"), InlineData("[\"it's\"]", "[\"it's\"]")]
    public void Is_the_peers(string json, string expected) => Assert.Equal(expected, TextualForm.Of(JsonNode.Parse(json)));
}

public class Compact_json
{
    [Fact]
    public void Escapes_what_is_not_ascii_and_nothing_else_that_need_not_be() => Assert.Equal(
        """{"a":[1,"\u00e9<>&'+\"\\\n\ud83d\ude00"],"b":{"c":null,"d":1.50}}""",
        JsonText.Compact(JsonNode.Parse("""{ "a": [1, "é<>&'+\"\\\n😀"], "b": {"c": null, "d": 1.50} }""")));
}
