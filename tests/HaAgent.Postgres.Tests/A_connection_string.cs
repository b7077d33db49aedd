using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Tests;

public class A_connection_string
{
    [Fact]
    public void Is_written_in_one_order_with_special_characters_escaped_and_without_the_password()
    {
        var local = Awkward_values.Minimal();
        local["postgresql"]!["authentication"] = new JsonObject
        {
            ["replication"] =
                new JsonObject
                {
                    ["username"] = "it's me",
                    ["password"] = "secret",
                    ["sslmode"] = "require",
                    ["sslcrldir"] = "/crl"
                },
        };
        var user = PostgresOptions.Read(local, "demo", "a").Replication;
        var keys = ConnInfo.To(new("::1", 5433, null), user, "post gres", new(130000));
        keys["passfile"] = "/my dir/pgpass";
        keys["application_name"] = "";

        Assert.Equal(
            "dbname=post\\ gres user=it\\'s\\ me passfile=/my\\ dir/pgpass host=::1 port=5433 sslmode=require application_name='' "
            + "gssencmode=prefer channel_binding=prefer",
            ConnInfo.Render(keys));
        Assert.Contains("sslcrldir=/crl", ConnInfo.Render(ConnInfo.To(new("h", 1, "d"), user, "x", new(170000))),
            StringComparison.Ordinal);
        Assert.Equal("\\:\\:1:5433:*:it's me:secret\n", PassFile.Render(new("::1", 5433, null), user));
        Assert.Equal(
            "/run:1:*:it's me:secret\nlocalhost:1:*:it's me:secret\n", PassFile.Render(new("/run", 1, null), user));
        Assert.DoesNotContain("secret", user.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://10.0.0.1:5433/db%20x", "10.0.0.1", 5433, "db x")]
    [InlineData("postgresql://[::1]:5432/postgres", "::1", 5432, "postgres")]
    [InlineData("postgres://user:pw@host", "host", 5432, null)]
    [InlineData("postgres://host:1/db?sslmode=x", "host", 1, "db")]
    public void Is_made_from_the_url_of_a_member(string url, string host, int port, string? database)
    {
        Assert.True(UpstreamAddress.TryParse(url, out var address));
        Assert.Equal(new UpstreamAddress(host, port, database), address);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("http://host:1/")]
    [InlineData("postgres://:5432/x")]
    [InlineData("postgres://host:0/x")]
    public void Is_not_made_from_anything_else(string? url) => Assert.False(UpstreamAddress.TryParse(url, out _));

    [Theory]
    [InlineData("/run/postgresql", "/run/postgresql")]
    [InlineData("@abstract, /tmp", "/tmp")]
    [InlineData("\"/a, \"\"b\"\"\",/c", "/a, \"b\"")]
    [InlineData("", null)]
    public void Uses_the_first_socket_directory_that_is_one(string setting, string? directory) =>
        Assert.Equal(directory, PostgresConnections.FirstDirectory(setting));
}
