using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Tests;

public class Output_of_tools
{
    [Fact]
    public void Of_pg_waldump_gives_the_records_and_where_they_end()
    {
        var dump = WalDump.Parse(
            "rmgr: XLOG        len (rec/tot):    114/   114, tx:          0, lsn: 0/02000028, prev 0/01FFFFE8, desc: CHECKPOINT_SHUTDOWN redo 0/2000028; tli 1; shutdown\n",
            "pg_waldump: error: error in WAL record at 0/2000028: invalid record length at 0/20000A0: wanted 24, got 0\n");
        var record = Assert.Single(dump.Records);
        Assert.True(record.IsShutdownCheckpoint);
        Assert.Equal(("0/2000028", "0/1FFFFE8", "0/20000A0"),
            (record.Position.ToString(), record.Previous.ToString(), dump.End.ToString()));
        Assert.False(WalDump.Parse("", "could not find file").End.IsKnown);
        Assert.True(WalDump.Parse("rmgr: XLOG        len (rec/tot):     24/    24, tx:          0, lsn: 0/01FFFFE8, prev 0/01FFFFB0, desc: SWITCH \n", "").Records[0].IsSwitch);
    }

    [Fact]
    public void Of_pg_rewind_names_the_file_it_misses() => Assert.Equal(
        "00000001000000000000000A",
        WalRescue.MissingFile("pg_rewind: error: could not open file \"/data/a/pg_wal/00000001000000000000000A\": No such file or directory"));

    [Fact]
    public void Placeholders_of_archive_commands_are_replaced_as_the_server_does() => Assert.Equal(
        "cp 00 pg_wal/00 000000010000000000000001 % %x %", WalRescue.Expand("cp %f %p %r %% %x %", "00", "pg_wal/00"));

    [Fact]
    public void Options_of_the_last_start_are_read_back() => Assert.Equal(
        [("config_file", "/a b/postgresql.conf"), ("max_connections", "100"), ("cluster_name", "it's")],
        SingleUserRecovery.ParseOptions("/bin/postgres \"-D\" \"/a b\" \"--config-file=/a b/postgresql.conf\" \"--max_connections=100\" \"--cluster_name=it's\"\n"));

    [Fact]
    public void History_files_are_read_without_their_comments()
    {
        var lines = TimelineHistory.Parse("# comment\n\n1\t0/3000148\tno recovery target specified\n2\t1/A\n");
        Assert.Equal([(1u, "0/3000148"), (2u, "1/A")],
            lines.Select(line => (line.ParentTimeline.Value, line.SwitchPoint.ToString())));
        Assert.Equal("0000000A.history", TimelineHistory.FileName(new(10)));
    }

    [Theory]
    [InlineData("a 'b c' \"d \\\" e\" f\\ g ''", new[] { "a", "b c", "d \" e", "f g", "" })]
    [InlineData("  ", new string[0])]
    public void Commands_are_split_as_a_shell_would(string command, string[] words) =>
        Assert.Equal(words, ShellWords.Split(command));

    [Fact]
    public void Commands_with_an_open_quote_are_refused() =>
        Assert.Throws<FormatException>(() => ShellWords.Split("a 'b"));

    [Fact]
    public void Refused_parameters_are_found_in_the_log() => Assert.Equal(
        ["work_mem", "foo"],
        PostmasterStart.RefusedParameters("LOG: invalid value for parameter \"work_mem\": \"1 parsec\"\nLOG: unrecognized configuration parameter \"foo\" in file"));
}
