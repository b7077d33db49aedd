using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class Show_config
{
    [Fact]
    public async Task Prints_sorted_yaml_and_an_empty_line()
    {
        var cluster = Given.Three();
        cluster["config"] = """{"ttl":20,"postgresql":{"use_slots":true,"parameters":{"wal_level":"logical","work_mem":"8MB"}},"loop_wait":2,"x":"on"}""";
        var run = await new Call(cluster).RunAsync("show-config", "batman");
        Assert.Equal("""
            loop_wait: 2
            postgresql:
              parameters:
                wal_level: logical
                work_mem: 8MB
              use_slots: true
            ttl: 20
            x: 'on'


            """, run.Out);
        Assert.Equal(0, run.Code);
    }

    [Fact]
    public async Task Prints_nothing_without_a_configuration()
    {
        var run = await new Call().RunAsync("show-config", "nowhere");
        Assert.Equal((0, "", ""), (run.Code, run.Out, run.Error));
    }
}

public class Edit_config
{
    [Fact]
    public async Task Shows_the_change_as_a_diff_and_asks_before_it_writes()
    {
        var cluster = Given.Three();
        var run = await new Call(cluster) { Input = "y\n" }.RunAsync("edit-config", "batman", "-s", "ttl=60", "-p", "work_mem=8MB");
        Assert.Equal("""
            --- 
            +++ 
            @@ -1,3 +1,6 @@
             loop_wait: 10
            +postgresql:
            +  parameters:
            +    work_mem: 8MB
             retry_timeout: 10
            -ttl: 30
            +ttl: 60
            Apply these changes? [y/N]: Configuration changed

            """, run.Out);
        Assert.Equal(
            """{"ttl":60,"loop_wait":10,"retry_timeout":10,"postgresql":{"parameters":{"work_mem":"8MB"}}}""", cluster["config"]);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Theory]
    [InlineData("n\n", 0, "")]
    [InlineData("\n", 0, "")]
    [InlineData("", 1, "Aborted!\n")]
    public async Task Writes_nothing_unless_the_operator_agrees(string input, int code, string error)
    {
        var cluster = Given.Three();
        var run = await new Call(cluster) { Input = input }.RunAsync("edit-config", "batman", "-s", "ttl=60");
        Assert.Equal((code, error, 0, Given.Timing), (run.Code, run.Error, cluster.Writes, cluster["config"]));
        Assert.EndsWith("Apply these changes? [y/N]: ", run.Out, Ordinal);
    }

    [Fact]
    public async Task Says_little_when_forced_and_quiet()
    {
        var cluster = Given.Three();
        var run = await new Call(cluster).RunAsync("edit-config", "batman", "-q", "--force", "-s", "ttl=60");
        Assert.Equal((0, "Configuration changed\n", 1), (run.Code, run.Out, cluster.Writes));
    }

    [Theory]
    [InlineData("Not changed\n")]
    [InlineData("", "-q")]
    public async Task Writes_nothing_when_nothing_changes(string said, params string[] words)
    {
        var cluster = Given.Three();
        var run = await new Call(cluster).RunAsync(["edit-config", "batman", "--force", "-s", "ttl=30.0", "-s", "gone=null", .. words]);
        Assert.Equal((0, said, 0), (run.Code, run.Out, cluster.Writes));
    }

    [Theory]
    [InlineData("ttl=on", """{"ttl":true,"loop_wait":10,"retry_timeout":10}""")]
    [InlineData("ttl=yes", """{"ttl":true,"loop_wait":10,"retry_timeout":10}""")]
    [InlineData("ttl='30'", """{"ttl":"30","loop_wait":10,"retry_timeout":10}""")] // another type is a change
    [InlineData("ttl=010", """{"ttl":8,"loop_wait":10,"retry_timeout":10}""")]
    [InlineData("ttl=1e3", """{"ttl":"1e3","loop_wait":10,"retry_timeout":10}""")]
    [InlineData("ttl=[1, a]", """{"ttl":[1,"a"],"loop_wait":10,"retry_timeout":10}""")]
    [InlineData("ttl=~", """{"loop_wait":10,"retry_timeout":10}""")]
    [InlineData("ttl=", """{"loop_wait":10,"retry_timeout":10}""")]
    [InlineData("a.b.c=x=y", """{"ttl":30,"loop_wait":10,"retry_timeout":10,"a":{"b":{"c":"x=y"}}}""")]
    [InlineData("ttl.sub=ü", """{"ttl":{"sub":"\u00fc"},"loop_wait":10,"retry_timeout":10}""")]
    [InlineData("postgresql.parameters.pg_stat_statements.max=5",
        """{"ttl":30,"loop_wait":10,"retry_timeout":10,"postgresql":{"parameters":{"pg_stat_statements.max":5}}}""")]
    public async Task Sets_a_value_at_a_path(string pair, string stored)
    {
        var cluster = Given.Three();
        var run = await new Call(cluster).RunAsync("edit-config", "batman", "-q", "--force", "--set", pair);
        Assert.Equal((0, "Configuration changed\n", stored), (run.Code, run.Out, cluster["config"]));
    }

    [Fact]
    public async Task Removes_parents_that_are_left_empty()
    {
        var cluster = Given.Three();
        cluster["config"] = """{"ttl":30,"postgresql":{"parameters":{"a.b":1}}}""";
        await new Call(cluster).RunAsync("edit-config", "batman", "-q", "--force", "-p", "a.b=null");
        Assert.Equal("""{"ttl":30}""", cluster["config"]);
    }

    [Fact]
    public async Task Refuses_a_setting_without_a_value()
    {
        var run = await new Call(Given.Three()).RunAsync("edit-config", "batman", "-s", "ttl");
        Assert.Equal((1, "Error: Invalid parameter setting ttl\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Keeps_the_last_value_of_a_key_that_is_stored_twice()
    {
        var cluster = Given.Three();
        cluster["config"] = """{"ttl":30,"loop_wait":10,"ttl":20.50}""";
        await new Call(cluster).RunAsync("edit-config", "batman", "-q", "--force", "-s", "loop_wait=5");
        Assert.Equal("""{"ttl":20.50,"loop_wait":5}""", cluster["config"]);
    }

    [Fact]
    public async Task Needs_a_configuration_in_the_store()
    {
        var run = await new Call().RunAsync("edit-config", "nowhere", "-s", "ttl=30");
        Assert.Equal((1, "Error: The config key does not exist in the cluster nowhere\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Gives_way_to_a_change_that_was_made_meanwhile()
    {
        var cluster = Given.Three();
        cluster.BeforeWrite = other => other["config"] = """{"ttl":99}""";
        var run = await new Call(cluster).RunAsync("edit-config", "batman", "--force", "-s", "ttl=60");
        Assert.Equal((1, "Error: Config modification aborted due to concurrent changes\n"), (run.Code, run.Error));
        Assert.Equal("""{"ttl":99}""", cluster["config"]);
    }

    [Fact]
    public async Task Lays_a_file_over_the_configuration_and_then_single_settings()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("change.yaml", "retry_timeout: null\npostgresql:\n  use_slots: on\nttl: '30'\n");
        var cluster = Given.Three();
        await new Call(cluster).RunAsync("edit-config", "batman", "-q", "--force", "--apply", file, "-s", "loop_wait=5");
        Assert.Equal("""{"ttl":30,"loop_wait":5,"postgresql":{"use_slots":true}}""", cluster["config"]);
    }

    [Fact]
    public async Task Takes_a_file_for_the_whole_configuration()
    {
        var cluster = Given.Three();
        var run = await new Call(cluster) { Input = "ttl: 40\nslots:\n  a: {type: physical}\n" }
            .RunAsync("edit-config", "batman", "-q", "--force", "--replace", "-");
        Assert.Equal((0, """{"ttl":40,"slots":{"a":{"type":"physical"}}}"""), (run.Code, cluster["config"]));
    }

    [Theory]
    [InlineData("--apply")]
    [InlineData("--replace")]
    public async Task Does_not_write_what_came_from_stdin_unless_forced(string option)
    {
        var cluster = Given.Three();
        var run = await new Call(cluster) { Input = "ttl: 40\n" }.RunAsync("edit-config", "batman", option, "-");
        Assert.EndsWith("Use --force option to apply changes\n", run.Out, Ordinal);
        Assert.Equal((0, 0), (run.Code, cluster.Writes));
    }

    [Theory]
    [InlineData("", "stdin is not a YAML map")]
    [InlineData("just text", "stdin is not a YAML map")]
    [InlineData("a: [", "stdin")]
    public async Task Refuses_a_file_that_is_no_configuration(string text, string error)
    {
        var cluster = Given.Three();
        var run = await new Call(cluster) { Input = text }.RunAsync("edit-config", "batman", "--force", "--replace", "-");
        Assert.StartsWith("Error: ", run.Error, Ordinal);
        Assert.Contains(error, run.Error, Ordinal);
        Assert.Equal((1, 0), (run.Code, cluster.Writes));
    }

    [Fact]
    public async Task Names_a_file_that_cannot_be_read()
    {
        var run = await new Call(Given.Three()).RunAsync("edit-config", "batman", "--apply", "/nowhere/at all.yaml");
        Assert.StartsWith("Error: Cannot read /nowhere/at all.yaml: ", run.Error, Ordinal);
        Assert.Equal(1, run.Code);
    }
}

public class The_editor
{
    [Fact]
    public async Task Gets_the_configuration_in_a_file_of_the_operator_alone_that_is_gone_afterwards()
    {
        using var folder = new TemporaryFolder();
        var editor = folder.Script("my editor", $"stat -c %a \"$1\" >'{folder.Path}/mode'; echo \"$1\" >'{folder.Path}/name'; sed -i s/30/45/ \"$1\"");
        var cluster = Given.Three();
        var run = await new Call(cluster, "a/b") { Input = "y\n", Environment = new() { ["EDITOR"] = editor } }.RunAsync("edit-config", "a/b");
        Assert.Equal((0, """{"loop_wait":10,"retry_timeout":10,"ttl":45}"""), (run.Code, cluster["config"]));
        Assert.Equal("600\n", folder.Read("mode"));
        var edited = folder.Read("name").Trim();
        Assert.Matches("/a_b-config-[^/]+\\.yaml$", edited);
        Assert.False(File.Exists(edited), edited);
    }

    [Fact]
    public async Task Is_found_in_the_path_when_none_is_chosen()
    {
        using var folder = new TemporaryFolder();
        folder.Script("vi", "/bin/true");
        var run = await new Call(Given.Three()) { Environment = new() { ["PATH"] = folder.Path } }.RunAsync("edit-config", "batman");
        Assert.Equal((0, "Not changed\n"), (run.Code, run.Out));
    }

    [Fact]
    public async Task Is_missed_when_there_is_none()
    {
        var run = await new Call(Given.Three()).RunAsync("edit-config", "batman");
        Assert.Equal((1, "Error: EDITOR environment variable is not set. editor or vi are not available\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Is_one_program_and_not_a_command_line()
    {
        var run = await new Call(Given.Three()) { Environment = new() { ["EDITOR"] = "vim -R" } }.RunAsync("edit-config", "batman");
        Assert.StartsWith("Error: Cannot start the editor vim -R, set EDITOR to the path of a program: ", run.Error, Ordinal);
        Assert.Equal(1, run.Code);
    }

    [Fact]
    public async Task Has_interrupts_to_itself()
    {
        using var folder = new TemporaryFolder();
        var editor = folder.Script("editor", $"touch '{folder.Path}/open'; while [ -e '{folder.Path}/open' ]; do sleep 0.01; done");
        var call = new Call(Given.Three()) { Environment = new() { ["EDITOR"] = editor } };
        var running = call.RunAsync("edit-config", "batman");
        var open = Path.Combine(folder.Path, "open");
        Assert.True(SpinWait.SpinUntil(() => File.Exists(open), TimeSpan.FromSeconds(30)), "waited 30 s for the editor to open");
        call.Interrupts.Interrupt();
        File.Delete(open);
        var run = await running;
        Assert.Equal((0, "Not changed\n"), (run.Code, run.Out));
    }

    [Fact]
    public async Task Stops_everything_when_it_fails()
    {
        using var folder = new TemporaryFolder();
        var cluster = Given.Three();
        var editor = folder.Script("editor", "sed -i s/30/45/ \"$1\"; exit 3");
        var run = await new Call(cluster) { Environment = new() { ["EDITOR"] = editor } }.RunAsync("edit-config", "batman", "--force");
        Assert.Equal((1, "Error: Editor exited with return code 3\n", 0), (run.Code, run.Error, cluster.Writes));
    }
}

public class The_diff
{
    [Fact]
    public async Task Goes_through_the_pager_in_colour_on_a_screen()
    {
        using var folder = new TemporaryFolder();
        var pager = folder.Script("pager", $"cat >'{folder.Path}/shown'");
        var run = await new Call(Given.Three()) { OnScreen = true, Environment = new() { ["PAGER"] = pager } }
            .RunAsync("edit-config", "batman", "--force", "-s", "ttl=60");
        Assert.Equal("Configuration changed\n", run.Out);
        Assert.Contains("\u001b[31m-ttl: 30\u001b[0m\n\u001b[32m+ttl: 60\u001b[0m\n", folder.Read("shown"), Ordinal);
    }

    [Fact]
    public async Task Is_not_coloured_for_an_operator_who_does_not_want_it()
    {
        using var folder = new TemporaryFolder();
        var pager = folder.Script("pager", $"cat >'{folder.Path}/shown'");
        await new Call(Given.Three()) { OnScreen = true, Environment = new() { ["PAGER"] = pager, ["NO_COLOR"] = "1" } }
            .RunAsync("edit-config", "batman", "--force", "-s", "ttl=60");
        Assert.Contains("\n-ttl: 30\n+ttl: 60\n", folder.Read("shown"), Ordinal);
    }

    [Fact]
    public async Task Needs_a_pager_on_a_screen()
    {
        var run = await new Call(Given.Three()) { OnScreen = true }.RunAsync("edit-config", "batman", "--force", "-s", "ttl=60");
        Assert.Equal(1, run.Code);
        Assert.StartsWith("Error: No pager could be found. Either set PAGER environment variable", run.Error, Ordinal);
    }

    [Theory]
    [InlineData("", "a\n", "@@ -0,0 +1 @@\n+a\n")]
    [InlineData("a\n", "", "@@ -1 +0,0 @@\n-a\n")]
    [InlineData("a\nb\n", "a\nc\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n")]
    [InlineData("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n1\n2\n3\n4\n5\n6\n7\n8\n9\ny\n",
        "@@ -1,3 +1,4 @@\n+x\n 1\n 2\n 3\n@@ -7,3 +8,4 @@\n 7\n 8\n 9\n+y\n")]
    [InlineData("1\n2\n3\n4\n5\n6\n", "x\n1\n2\n3\n4\n5\n6\ny\n",
        "@@ -1,6 +1,8 @@\n+x\n 1\n 2\n 3\n 4\n 5\n 6\n+y\n")]
    public void Has_three_lines_of_context_around_each_change(string before, string after, string diff) =>
        Assert.Equal("--- \n+++ \n" + diff, Editing.UnifiedDiff.Of(before, after));

    [Fact]
    public void Is_empty_between_equal_texts() => Assert.Equal("", Editing.UnifiedDiff.Of("a\nb\n", "a\nb\n"));
}
