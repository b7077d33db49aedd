using HaAgent.Configuration.Local;
using HaAgent.Core.Authority;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Tests.Runtime;

/// <summary>The steps of docs/safety.md, asked before anything is started and of each change.</summary>
public sealed class Times_that_this_program_cannot_carry : IDisposable
{
    /// <summary>As if somebody had let the agent's alarms be late by so much.</summary>
    private static readonly SafetyConstants Edited = SettingsSource.OwnConstants with { LatestAlarm = TimeSpan.FromSeconds(3) };

    private readonly TempFolder _folder = TempFolder.Create("times");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Are_none_that_the_rule_lets_through()
    {
        for (var ttl = 5; ttl <= 120; ttl++)
        {
            for (var retry = 1; retry <= (ttl - 1) / 2; retry++)
            {
                var timing = new Timing(TimeSpan.FromSeconds(ttl), TimeSpan.FromSeconds(ttl - (2 * retry)), TimeSpan.FromSeconds(retry));
                Assert.Null(SafetyProof.Problem(timing, SettingsSource.OwnConstants));
            }
        }
    }

    [Fact]
    public void End_the_start_with_a_sentence_that_names_the_constant()
    {
        var refused = Assert.Throws<ConfigurationException>(() => Open("ttl: 10"));
        Assert.Contains("AlarmThread.Longest", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ttl=10", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Are_refused_when_they_come_from_the_store_and_what_was_in_force_stays()
    {
        var settings = Open("ttl: 40");
        settings.Accept(new ConfigDocument("""{"ttl":10}""", new(1)));
        Assert.Equal((TimeSpan.FromSeconds(40), null), (settings.Current.Ttl, settings.Current.Short));
        settings.Accept(new ConfigDocument("""{"ttl":60}""", new(2)));
        Assert.Equal(TimeSpan.FromSeconds(60), settings.Current.Ttl);
    }

    private SettingsSource Open(string timing)
    {
        var file = _folder.File("haagent.yml");
        File.WriteAllText(file, $$"""
            name: a
            scope: demo
            restapi: {listen: '127.0.0.1:8008'}
            etcd3: {host: '127.0.0.1:1'}
            bootstrap:
              dcs: { {{timing}} }
            postgresql: {data_dir: /nowhere/data, listen: '127.0.0.1:5432'}
            """);
        var environment = new Dictionary<string, string> { ["HAAGENT_RUN_DIR"] = _folder.Path };
        return new(AgentOptions.Load(LocalConfiguration.Load(file, environment), environment), NullLogger.Instance, Edited);
    }
}
