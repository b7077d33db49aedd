using System.Text.Json.Nodes;
using HaAgent.Configuration.Rules;
using HaAgent.Configuration.Yaml;

namespace HaAgent.Configuration.Tests.Rules;

public class Settings_that_this_version_lacks
{
    [Theory]
    [InlineData("citus: {group: 0, database: x}", "citus: this version does not run Citus clusters. Remove the section, or keep Patroni on these nodes.")]
    [InlineData("zookeeper: {hosts: [a]}", "zookeeper: this version keeps its state in etcd only. Remove the section and give etcd3.")]
    [InlineData("exhibitor: {hosts: [a]}", "exhibitor: this version keeps its state in etcd only. Remove the section and give etcd3.")]
    [InlineData("kubernetes: {labels: {a: b}}", "kubernetes: this version keeps its state in etcd only. Remove the section and give etcd3.")]
    [InlineData("raft: {self_addr: 'a:1'}", "raft: this version keeps its state in etcd only. Remove the section and give etcd3.")]
    [InlineData("consul: {host: a}", "consul: Consul is planned, but not in this version. Remove the section and give etcd3.")]
    [InlineData("postgresql: {pre_promote: /bin/x --password=secret}",
        "postgresql.pre_promote = '(a command)': this version does not run it, so it would promote without asking. Remove it.")]
    [InlineData("postgresql: {before_stop: /bin/x}", "postgresql.before_stop = '(a command)': this version does not run it. Remove it.")]
    [InlineData("restapi: {certfile: /x.pem}", "restapi.certfile = '/x.pem': this version serves plain HTTP only, and passwords would travel in the open. "
        + "Remove it and put a TLS proxy or a closed network in front of the port.")]
    [InlineData("restapi: {verify_client: Required}", "restapi.verify_client = 'Required': client certificates need TLS, which this version does not serve. "
        + "Remove it and use restapi.authentication or allowlist.")]
    [InlineData("watchdog: {mode: required}", "watchdog.mode = 'required': this version does not drive a watchdog. Set it to off or automatic.")]
    [InlineData("bootstrap: {dcs: {synchronous_mode: on}}", "bootstrap.dcs.synchronous_mode = 'True': this version cannot honour it. Remove it.")]
    [InlineData("bootstrap: {dcs: {standby_cluster: {host: h, port: 1}}}",
        "bootstrap.dcs.standby_cluster = 'h:1': this version cannot honour it. Remove it.")]
    [InlineData("bootstrap: {dcs: {postgresql: {pre_promote: x}}}",
        "bootstrap.dcs.postgresql.pre_promote = '(a command)': this version cannot honour it. Remove it.")]
    [InlineData("bootstrap: {method: wal_e, wal_e: {command: /bin/restore}}",
        "bootstrap.method = 'wal_e': this version founds clusters with initdb only. Remove it, or found the cluster with Patroni and then switch over.")]
    public void Are_refused_where_ignoring_them_could_do_harm(string yaml, string sentence)
    {
        var findings = Check(yaml);
        Assert.Equal([sentence], findings.Refusals.Select(refusal => refusal.Message));
        Assert.Empty(findings.Notices);
    }

    [Theory]
    [InlineData("postgresql: {callbacks: {on_start: x}}", "postgresql.callbacks: callbacks are not run by this version.")]
    [InlineData("bootstrap: {users: {admin: {password: x}}}",
        "bootstrap.users: User creation is not be supported starting from v4.0.0. Please use \"bootstrap.post_bootstrap\" script to create users.")]
    [InlineData("watchdog: {device: /dev/watchdog}",
        "watchdog.mode = 'automatic': this version does not drive a watchdog; it runs as with off.")]
    [InlineData("log: {type: JSON}", "log.type: JSON logs are not in this version; plain text is written.")]
    [InlineData("watchdog: {mode: sometimes}", "watchdog.mode = 'sometimes': expected off, automatic or required; off is used.")]
    [InlineData("bootstrap: {dcs: {failsafe_mode: true}}", "bootstrap.dcs.failsafe_mode = 'True': this version does not honour it.")]
    [InlineData("bootstrap: {dcs: {slots: {a: {type: physical}, b: null}}}", "bootstrap.dcs.slots = 'a, b': this version does not honour it.")]
    [InlineData("etcd: {host: 'a:2379'}", "etcd: this version speaks the v3 protocol only. A node that uses etcd's v2 protocol does not see this "
        + "cluster, and this node does not see its: never run both for the same data. Name the section etcd3.")]
    public void Are_noticed_once_otherwise(string yaml, string sentence)
    {
        var findings = Check(yaml);
        Assert.Equal([sentence], findings.Notices);
        Assert.Empty(findings.Refusals);
    }

    [Theory]
    [InlineData("watchdog: {mode: off}"), InlineData("watchdog: {}"), InlineData("citus: {}"), InlineData("raft:"), InlineData("postgresql: {callbacks: {}}")]
    [InlineData("bootstrap: {method: initdb}"), InlineData("bootstrap: {method: nothing_there, dcs: {synchronous_mode: off}}"), InlineData("restapi: {verify_client: none}")]
    public void Are_no_matter_when_they_are_off_or_empty(string yaml)
    {
        var findings = Check(yaml);
        Assert.Empty(findings.Refusals);
        Assert.Empty(findings.Notices);
    }

    [Fact]
    public void Are_none_in_a_usual_file()
    {
        var findings = Check(Sample.Yaml);
        Assert.Empty(findings.Refusals);
        Assert.Empty(findings.Notices);
    }

    [Fact]
    public void Tell_which_store_counts_when_two_are_given()
    {
        var findings = Check("etcd: {host: 'a:2379'}\netcd3: {host: 'b:2379'}\n");
        Assert.Equal(2, findings.Notices.Length);
        Assert.StartsWith("etcd3: the section etcd is there too", findings.Notices[1], StringComparison.Ordinal);
    }

    private static OptionFindings Check(string yaml) => AgentOptionsRules.Check((JsonObject)Yaml11.Parse(yaml, "test")!);
}
