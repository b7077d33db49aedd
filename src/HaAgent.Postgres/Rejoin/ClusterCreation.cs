using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Sql;
using Npgsql;

namespace HaAgent.Postgres.Rejoin;

/// <summary>Creates a new cluster: initdb, then the users and the operator's script in the running server.</summary>
internal sealed class ClusterCreation(ServerContext context, DataDirectoryRemoval removal)
{
    private static readonly TimeSpan InitDbWithin = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan UsersWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ScriptWithin = TimeSpan.FromHours(1);

    public Task<StepResult> InitializeAsync(CancellationToken stop) => Steps.RunAsync(context, "initdb", async () =>
    {
        if (removal.PrepareForCreation("initdb") is { } obstacle)
        {
            return obstacle;
        }

        string? problem;
        try
        {
            problem = await RunInitDbAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            removal.ClearUnfinished();
            throw;
        }

        if (problem is not null)
        {
            removal.ClearUnfinished();
            return problem;
        }

        context.Files.AppendBootstrapHba(context.Configuration);
        return null; // the marker stays until the users are there: half a cluster must not pass for a whole one
    });

    public Task<StepResult> FinishInitializeAsync(CancellationToken stop) =>
        Steps.RunAsync(context, "creating users", async () =>
    {
        var options = context.Options;
        await InSessionAsync(session =>
            EnsureRoleAsync(session, options.Superuser, "SUPERUSER LOGIN", passwordNeeded: true), stop)
            .ConfigureAwait(false);
        if (!options.PostBootstrap.IsEmpty && await RunScriptAsync(stop).ConfigureAwait(false) is { } problem)
        {
            return problem;
        }

        await InSessionAsync(async session =>
        {
            await EnsureRoleAsync(session, options.Replication, "REPLICATION LOGIN", passwordNeeded: false)
                .ConfigureAwait(false);
            if (options.Rewind.Username is { } rewind && rewind != options.Superuser.Username)
            {
                await EnsureRoleAsync(session, options.Rewind, "LOGIN", passwordNeeded: false).ConfigureAwait(false);
                foreach (var function in PostgresQueries.RewindGrants)
                {
                    await session.ExecuteAsync(PostgresQueries.GrantExecute(function, rewind)).ConfigureAwait(false);
                }
            }
        }, stop).ConfigureAwait(false);
        context.Marker.Remove();
        return null;
    });

    private async Task<string?> RunInitDbAsync(CancellationToken stop)
    {
        var options = context.Options;
        List<string> arguments = [.. options.InitDbArguments];
        if (options.Superuser.Username is { } user)
        {
            arguments.Add($"--username={user}");
        }

        string? passwordFile = null;
        try
        {
            if (options.Superuser.Password is { } password)
            {
                // A file that nobody else can read: a command line is everybody's to see.
                passwordFile = Path.Combine(Path.GetTempPath(), $"haagent-pw-{Guid.NewGuid():N}");
                AtomicFile.Write(passwordFile, password + "\n");
                arguments.Add($"--pwfile={passwordFile}");
            }

            arguments.Add($"--pgdata={options.DataDirectory}");

            // initdb takes the cluster's locale from the environment unless told: it gets the agent's own.
            var command = new Command(context.Configuration.Tool("initdb"), arguments) { PlainLocale = false };
            var result = await context.Runner.RunAsync(command, InitDbWithin, stop).ConfigureAwait(false);
            return result.Succeeded ? null : $"initdb: {result.Complaint}";
        }
        finally
        {
            if (passwordFile is not null)
            {
                File.Delete(passwordFile);
            }
        }
    }

    private async Task<string?> RunScriptAsync(CancellationToken stop)
    {
        var options = context.Options;
        var endpoint =
            context.Connections.LocalAddress(
                PostmasterPidFile.TryRead(context.DataDirectory), context.Configuration.UseUnixSocket);
        var address = new UpstreamAddress(endpoint.Host, endpoint.Port, context.Configuration.Database);
        PassFile.Write(options.PassFile, address, options.Superuser);
        var connection =
            ConnInfo.Render(ConnInfo.To(
                address, options.Superuser, context.Configuration.Database, context.Binary.LastVersion));
        var command = new Command(options.PostBootstrap[0], [.. options.PostBootstrap.Skip(1), connection])
        {
            Environment = new Dictionary<string, string>
            {
                ["PGPASSFILE"] = options.PassFile,
                ["PGOPTIONS"] = "-c synchronous_commit=local -c statement_timeout=0",
            },
            PlainLocale = false,
        };
        var result = await context.Runner.RunAsync(command, ScriptWithin, stop).ConfigureAwait(false);
        return result.Succeeded ? null : $"bootstrap.post_bootstrap ({options.PostBootstrap[0]}): {result.Complaint}";
    }

    private async Task InSessionAsync(Func<SqlSession, Task> work, CancellationToken stop)
    {
        var session = await context.ConnectAsync(UsersWithin, stop).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            foreach (var statement in PostgresQueries.Discreetly)
            {
                await session.ExecuteAsync(statement).ConfigureAwait(false);
            }

            await work(session).ConfigureAwait(false);
        }
    }

    private static async Task EnsureRoleAsync(
        SqlSession session, UserCredentials user, string attributes, bool passwordNeeded)
    {
        if (user.Username is not { } name || (passwordNeeded && user.Password is null))
        {
            return;
        }

        var found = await session.QueryAsync(PostgresQueries.RoleExists, name).ConfigureAwait(false);
        await session.ExecuteAsync(PostgresQueries.Role(found is [[true]], user, attributes)).ConfigureAwait(false);
    }
}
