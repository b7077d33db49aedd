using System.Text.Json.Nodes;
using HaAgent.Configuration.Options;
using HaAgent.Configuration.Yaml;
using Microsoft.Extensions.Logging;

namespace HaAgent.Configuration.Tests.Options;

public class Rest_api_options
{
    [Fact]
    public void Are_read_from_the_section()
    {
        var options = RestApiOptions.Read(Parse("""
            restapi:
              listen: '[::]:8008'
              connect_address: db1:8008
              authentication: {username: a, password: b}
              allowlist: 10.0.0.0/8, db2
              allowlist_include_members: on
              http_extra_headers: {X-Frame-Options: SAMEORIGIN, "bad header": x, Y: "a\r\nb"}
              server_tokens: ProductOnly
              request_queue_size: 9999
              thread_pool_size: '7'
            """));
        Assert.Equal(("::", 8008, "http://db1:8008/patroni"), (options.ListenHost, options.ListenPort, options.ApiUrl));
        Assert.Equal(new BasicCredentials("a", "b"), options.Authentication);
        Assert.Equal(["10.0.0.0/8", "db2"], options.Allowlist);
        Assert.True(options.AllowlistIncludeMembers);
        Assert.Equal([new("X-Frame-Options", "SAMEORIGIN")], options.HttpExtraHeaders);
        Assert.Equal((ServerTokens.ProductOnly, 4096, 7), (options.ServerTokens, options.RequestQueueSize, options.ThreadPoolSize));
        Assert.Equal(2, options.Notices.Length);
        Assert.Equal("a:***", options.Authentication!.ToString());
    }

    [Fact]
    public void Have_the_peers_defaults()
    {
        var options = RestApiOptions.Read(Parse("restapi: {listen: '0.0.0.0:8008', server_tokens: loud}"));
        Assert.Equal(("0.0.0.0:8008", 5, 5, ServerTokens.Original),
            (options.ConnectAddress, options.RequestQueueSize, options.ThreadPoolSize, options.ServerTokens));
        Assert.True(options is { Authentication: null, Allowlist: [], Notices: [_] });
    }

    private static JsonObject Parse(string yaml) => (JsonObject)Yaml11.Parse(yaml, "test")!;
}

public class Log_options
{
    [Fact]
    public void Are_read_from_the_section()
    {
        var options = Read("""
            log: {type: json, level: WARN, traceback_level: debug, dateformat: '%H', static_fields: {app: x}, max_queue_size: 5,
                  dir: /var/log, file_size: 10, file_num: 0, mode: 0644, loggers: {patroni.ha: DEBUG, x: LOUD},
                  deduplicate_heartbeat_logs: yes, format: [message, {levelname: level}]}
            """);
        Assert.True(options is { IsJson: true, Level: LogLevel.Warning, TracebackAtDebugOnly: true, DateFormat: "%H", MaxQueueSize: 5 });
        Assert.True(options is { Directory: "/var/log", FileSize: 10, FileCount: 0, DeduplicateHeartbeats: true });
        Assert.Equal((UnixFileMode)420, options.Mode);
        Assert.Equal([new LogAttribute("message", "message"), new LogAttribute("levelname", "level")], options.Attributes);
        Assert.Equal(LogLevel.Debug, options.Loggers["patroni.ha"]);
        Assert.Equal(["log.loggers.x = 'LOUD': expected DEBUG, INFO, WARNING, ERROR or CRITICAL; INFO is used."], options.Notices);
    }

    [Fact]
    public void Have_the_peers_defaults()
    {
        var options = Read("name: a");
        Assert.True(options is { IsJson: false, Level: LogLevel.Information, MaxQueueSize: 1000, FileSize: 25_000_000, FileCount: 4 });
        Assert.True(options is { Directory: null, Mode: null, DateFormat: null, Notices: [], Format: "%(asctime)s %(levelname)s: %(message)s" });
    }

    [Theory]
    [InlineData("log: {format: 5}"), InlineData("log: {format: [a]}"), InlineData("log: {type: json, format: [{a: 1}]}"), InlineData("log: {type: xml}")]
    public void Tell_what_they_did_not_understand(string yaml)
    {
        var options = Read(yaml);
        Assert.Single(options.Notices);
        Assert.Equal(LogOptions.DefaultFormat, options.Format);
    }

    private static LogOptions Read(string yaml) => LogOptions.Read((JsonObject)Yaml11.Parse(yaml, "test")!);
}

public class Bootstrap_options
{
    [Fact]
    public void Tell_whether_this_node_may_found_a_cluster()
    {
        Assert.Equal((false, "{}"), Read("name: a"));
        Assert.Equal((true, "{}"), Read("bootstrap: {}"));
        Assert.Equal((true, """{"ttl":30}"""), Read("bootstrap: {dcs: {ttl: 30}}"));

        static (bool, string) Read(string yaml)
        {
            var options = BootstrapOptions.Read((JsonObject)Yaml11.Parse(yaml, "test")!);
            return (options.Present, options.Dcs.ToJsonString());
        }
    }
}
