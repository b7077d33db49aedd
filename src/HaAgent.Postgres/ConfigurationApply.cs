using System.Collections.Immutable;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Guard;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Sql;
using Npgsql;

namespace HaAgent.Postgres;

/// <summary>
/// Makes a server's configuration what it should be: the files, a reload, and what is left for a restart.
/// </summary>
internal sealed class ConfigurationApply(ServerContext context, ParameterKnowledge knowledge, PostmasterStart start)
{
    private static readonly TimeSpan SqlWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReloadSeenWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    public async Task<ApplyResult> RunAsync(ApplyPlan plan, CancellationToken stop)
    {
        var (owed, reloaded) = (false, false);
        try
        {
            if (await WriteAsync(plan, stop).ConfigureAwait(false) is not { } changed)
            {
                return Failed(reloaded, $"cannot follow: conn_url is '{plan.Follow?.ConnUrl}'");
            }

            if (context.Postmaster.Process is not ServerProcess.Running)
            {
                return new(true, false, [], "");
            }

            owed = changed || plan.Force;
            if (plan.Starting)
            {
                reloaded = owed && Reload();
                owed = false;
                return new(true, reloaded, [], "");
            }

            var session = await context.ConnectAsync(SqlWithin, stop).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                reloaded = owed && await ReloadAsync(session, stop).ConfigureAwait(false);
                owed = false;
                await knowledge.RefreshAsync(session, stop).ConfigureAwait(false);
                return new(true, reloaded, await PendingAsync(session).ConfigureAwait(false),
                    await ErrorsAsync(session).ConfigureAwait(false));
            }
        }
        catch (NpgsqlException e)
        {
            return Failed(reloaded, SqlErrors.Describe(e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            return Failed(reloaded, e.Message);
        }
        finally
        {
            if (owed)
            {
                // The files are written, so the next call will find nothing to change: what the server is to read it is told now.
                Reload();
            }
        }
    }

    /// <summary>Null when whom to follow cannot be told.</summary>
    private async Task<bool?> WriteAsync(ApplyPlan plan, CancellationToken stop)
    {
        UpstreamAddress? follow = null;
        if (!plan.IsPrimary && plan.Follow is { } upstream)
        {
            if (!UpstreamAddress.TryParse(upstream.ConnUrl, out var address))
            {
                return null;
            }

            follow = address;
        }

        var binary = await context.Binary.AskAsync(stop).ConfigureAwait(false);
        var catalog = await knowledge.GetAsync(stop).ConfigureAwait(false);
        var files = new FilePlan(
            context.Configuration, catalog, binary?.Version ?? PostgresVersion.Unknown, plan.IsPrimary, follow,
                start.Raised);
        var changed = context.Files.Write(files, warning => PgLog.ConfigurationWarning(context.Log, warning));
        if (!plan.IsPrimary)
        {
            context.Files.WriteSignals(asPrimary: false);
        }

        return changed;
    }

    /// <summary>
    /// SIGHUP, then waiting until a backend (our session's) has read the files again: from then on pg_settings tells
    /// the truth.
    /// </summary>
    private async Task<bool> ReloadAsync(SqlSession session, CancellationToken stop)
    {
        var before = await LoadedAtAsync(session).ConfigureAwait(false);
        if (!Reload())
        {
            return false;
        }

        var until = context.Now + ReloadSeenWithin;
        while (context.Now < until && await LoadedAtAsync(session).ConfigureAwait(false) <= before)
        {
            await Task.Delay(LookEvery, context.Clock, stop).ConfigureAwait(false);
        }

        context.Files.SaveBackups(context.Configuration);
        return true;
    }

    private bool Reload()
    {
        PgLog.Reloading(context.Log);
        return context.Postmaster.Signal(PidFd.SigHup);
    }

    private async Task<ImmutableArray<PendingParameter>> PendingAsync(SqlSession session)
    {
        var pending = ImmutableArray.CreateBuilder<PendingParameter>();
        foreach (var row in await session.QueryAsync(PostgresQueries.PendingRestart).ConfigureAwait(false))
        {
            var name = (string)row[0]!; // never null
            if (name != "hot_standby" && !RecoveryParameters.Contains(name))
            {
                var old = ParameterValue.ForPeople((string?)row[1] ?? "", (string?)row[2]);
                pending.Add(new(name, old, (string?)row[3] ?? "?"));
            }
        }

        foreach (var (name, value) in start.Raised)
        {
            if (context.Configuration.Controlled.TryGetValue(name, out var wanted) && wanted != value
                && pending.All(entry => entry.Name != name))
            {
                pending.Add(new(name, value, wanted));
            }
        }

        return pending.ToImmutable();
    }

    private static async Task<string> ErrorsAsync(SqlSession session)
    {
        var rows = await session.QueryAsync(PostgresQueries.ConfigurationErrors).ConfigureAwait(false);
        return string.Join("; ", rows.Select(row => $"{row[0]}: {row[1]}"));
    }

    private static async Task<double> LoadedAtAsync(SqlSession session) =>
        (await session.QueryAsync(PostgresQueries.ConfigurationLoadedAt).ConfigureAwait(false)) is [[double at]]
            ? at
            : 0;

    private ApplyResult Failed(bool reloaded, string detail)
    {
        PgLog.StepFailed(context.Log, "applying the configuration", detail);
        return new(false, reloaded, [], detail);
    }
}
