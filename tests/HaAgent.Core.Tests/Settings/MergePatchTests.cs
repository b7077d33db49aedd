using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Core.Tests.Settings;

public class A_merge
{
    [Theory]
    [InlineData("""{"a":1}""", """{"b":2}""", """{"a":1,"b":2}""", true)]
    [InlineData("""{"a":1,"b":2}""", """{"a":3}""", """{"a":3,"b":2}""", true)]
    [InlineData("""{"a":1}""", """{"a":null}""", "{}", true)]
    [InlineData("""{"a":1}""", """{"b":null}""", """{"a":1}""", false)]
    [InlineData("""{"a":{"x":1,"y":2}}""", """{"a":{"y":null,"z":3}}""", """{"a":{"x":1,"z":3}}""", true)]
    [InlineData("""{"a":{"x":1}}""", """{"a":{"x":1}}""", """{"a":{"x":1}}""", false)]
    [InlineData("""{"a":5}""", """{"a":"5"}""", """{"a":5}""", false)]
    [InlineData("""{"a":"True"}""", """{"a":true}""", """{"a":"True"}""", false)]
    [InlineData("""{"a":"true"}""", """{"a":true}""", """{"a":true}""", true)]
    [InlineData("""{"a":1}""", """{"a":1.0}""", """{"a":1.0}""", true)]
    [InlineData("""{"a":[1,2]}""", """{"a":[1]}""", """{"a":[1]}""", true)]
    [InlineData("""{"a":[1,2]}""", """{"a":[1,2]}""", """{"a":[1,2]}""", false)]
    [InlineData("""{"a":[5]}""", """{"a":["5"]}""", """{"a":["5"]}""", true)]
    [InlineData("""{"a":1}""", """{"a":{"b":1}}""", """{"a":{"b":1}}""", true)]
    [InlineData("""{"a":{"b":1}}""", """{"a":1}""", """{"a":1}""", true)]
    [InlineData("{}", """{"a":{"b":null}}""", """{"a":{"b":null}}""", true)]
    [InlineData("""{"a":null}""", """{"a":1}""", """{"a":1}""", true)]
    public void Follows_the_rules_of_patching(string target, string patch, string expected, bool changes)
    {
        var root = JsonNode.Parse(target)!.AsObject();
        var changed = MergePatch.Apply(root, JsonNode.Parse(patch)!.AsObject());
        Assert.Equal((expected, changes), (root.ToJsonString(), changed));
    }

    [Fact]
    public void Leaves_the_patch_as_it_was_and_can_be_repeated()
    {
        var patch = JsonNode.Parse("""{"a":{"b":[1]}}""")!.AsObject();
        var first = new JsonObject();
        var second = new JsonObject();
        Assert.True(MergePatch.Apply(first, patch));
        Assert.True(MergePatch.Apply(second, patch));
        Assert.False(MergePatch.Apply(second, patch));
        Assert.Equal("""{"a":{"b":[1]}}""", patch.ToJsonString());
    }
}

public class The_effective_postgresql_section
{
    [Fact]
    public void Lays_local_values_over_dynamic_ones()
    {
        var dynamic = JsonNode.Parse("""
            {"postgresql":{"use_slots":false,"use_pg_rewind":true,"pg_hba":["a","b"],"data_dir":"/evil","listen":"x:1",
             "parameters":{"max_connections":200,"work_mem":"4MB","Log_Statement":"all","port":1}}}
            """)!.AsObject();
        var local = JsonNode.Parse("""
            {"use_slots":true,"pg_hba":["c"],"data_dir":"/data","parameters":{"max_connections":50,"wal_keep_size":"1GB","log_statement":"none"}}
            """)!.AsObject();
        var expected = JsonNode.Parse("""
            {"use_slots":false,"use_pg_rewind":true,"pg_hba":["c"],"data_dir":"/data",
             "parameters":{"max_connections":200,"work_mem":"4MB","Log_Statement":"none"}}
            """);
        Assert.Equal(expected!.ToJsonString(), EffectivePostgresql.Merge(dynamic, local).ToJsonString());
    }
}
