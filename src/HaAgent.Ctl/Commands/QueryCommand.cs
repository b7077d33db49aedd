using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Output;
using HaAgent.Ctl.Sql;

namespace HaAgent.Ctl.Commands;

/// <summary><c>query</c>: runs SQL on a member's server (cli.md 7.3).</summary>
internal sealed class QueryCommand : CtlCommand
{
    private static readonly OptionSpec Format = new(
        ["--format"], OptionKind.Text, "Output format: pretty, tsv (the default), json or yaml.", "FORMAT");

    private static readonly OptionSpec File = new(["--file", "-f"], OptionKind.Text, "A file with the SQL to run; - is stdin.", "FILE");

    private static readonly OptionSpec Command = new(["--command", "-c"], OptionKind.Text, "The SQL to run.", "SQL");

    private static readonly OptionSpec Password = new(["--password"], OptionKind.Flag, "Ask for the password.");

    private static readonly OptionSpec User = new(["--username", "-U"], OptionKind.Text, "The role to connect as.", "NAME");

    private static readonly OptionSpec Database = new(["--dbname", "-d"], OptionKind.Text, "The database to connect to.", "NAME");

    private static readonly OptionSpec Delimiter = new(["--delimiter"], OptionKind.Text, "Stands between the columns of tsv.");

    public override CommandSpec Spec { get; } = new("query", "Run SQL on a member, by default on the leader.",
        [CommonOptions.OptionalCluster],
        [
            CommonOptions.Group, Format, File, Command, Password, User, Database, CommonOptions.Refresh, CommonOptions.Watch,
            CommonOptions.Role, CommonOptions.Member, Delimiter, CommonOptions.Help,
        ])
    {
        Topic = CommandTopic.Look,
        Details =
        [
            "Variables such as PGUSER, PGPASSWORD and PGSSLMODE count, and so does the password file. Address and "
                + "port are the member's. The exit code is 0 also when the statement fails: look at the output.",
        ],
        Examples =
        [
            new("query batman -U postgres -c \"select now()\"", "On the leader."),
            new("query batman -r replica -U postgres --format json -f report.sql", "The file on a replica."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var (role, member) = Wanted(args);
        if (args.Has(File) == args.Has(Command))
        {
            throw new CtlException(args.Has(File)
                ? "--file and --command are mutually exclusive options"
                : "You need to specify either --command or --file");
        }

        var password = args.Has(Password) ? await ctl.Prompts.AskSecretAsync("Password", stop).ConfigureAwait(false) : null;
        await using var store = ctl.Open(ctl.ClusterOrScope(args.One(CommonOptions.OptionalCluster)));
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        var sql = args.Text(Command) ?? await OperatorFile.ReadAsync(ctl, args.Text(File)!, stop).ConfigureAwait(false);
        var target = Target(args, cluster, role, member, password);

        var interval = Watching.Interval(args);
        while (true)
        {
            var answer = target is null ? new SqlAnswer.OtherRole() : await ctl.Sql.QueryAsync(target, sql, stop).ConfigureAwait(false);
            var output = new QueryOutput(OutputFormats.ParseLeniently(args.Text(Format)), args.Text(Delimiter) ?? "\t");
            ctl.Terminal.Out.Write(answer switch
            {
                SqlAnswer.Rows rows => output.Render(rows),
                SqlAnswer.OtherRole => output.RenderFailure(ctl.Timestamp(), NoConnection(role, member)),
                SqlAnswer.Failed(var why) => output.RenderFailure(ctl.Timestamp(), $"ERROR, SQLSTATE: {why}"),
                _ => throw new System.Diagnostics.UnreachableException(),
            });
            if (interval is not { } pause)
            {
                return;
            }

            await ctl.Terminal.Out.FlushAsync(stop).ConfigureAwait(false);
            await Task.Delay(pause, ctl.Clock, stop).ConfigureAwait(false);
        }
    }

    /// <exception cref="CtlException">Both were given.</exception>
    private static (string? Role, string? Member) Wanted(ParsedArguments args)
    {
        var (role, member) = MemberSelection.RoleOrMember(args);
        return (role ?? (member is null ? "leader" : null), member);
    }

    private static string NoConnection(string? role, string? member) => member is null
        ? $"No connection to role '{role}' is available"
        : $"No connection to member {member} is available";

    /// <returns>Null: no such member, or one without an address.</returns>
    private static SqlTarget? Target(ParsedArguments args, ClusterState cluster, string? role, string? member, string? password)
    {
        var chosen = MemberSelection.Candidates(cluster, role, member).FirstOrDefault();
        return chosen is null || MemberAddress.Of(chosen) is not { } address
            ? null
            : new(address.Host, address.Port, args.Text(User), password, args.Text(Database), InRecovery(role));
    }

    /// <summary>The record that the member was chosen by may be old: the server itself is asked.</summary>
    private static bool? InRecovery(string? role) => role switch
    {
        null or "leader" or "any" => null,
        "primary" => false,
        _ => true,
    };
}
