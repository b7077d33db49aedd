using HaAgent.Core.Ports;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;

namespace HaAgent.Postgres.Rejoin;

/// <summary>Makes a replica by <c>pg_basebackup</c>.</summary>
internal sealed class PgBaseBackup(ServerContext context, DataDirectoryRemoval removal)
{
    private const int Tries = 2;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(5);

    /// <summary>There is no telling how large a cluster is; a cancelled job ends it.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromDays(7);

    public Task<StepResult> CloneAsync(Upstream source, CancellationToken stop) =>
        Steps.RunAsync(context, $"base backup from {source.Name}", async () =>
    {
        if (!UpstreamAddress.TryParse(source.ConnUrl, out var address))
        {
            return $"cannot copy {source.Name}: its conn_url is '{source.ConnUrl}'";
        }

        var problem = "";
        for (var i = 0; i < Tries; i++)
        {
            if (i > 0)
            {
                await Task.Delay(BetweenTries, context.Clock, stop).ConfigureAwait(false);
            }

            if (removal.PrepareForCreation("basebackup") is { } obstacle)
            {
                return obstacle;
            }

            problem = await TryAsync(address, stop).ConfigureAwait(false);
            if (problem is null)
            {
                return null;
            }

            PgLog.StepFailed(context.Log, $"try {i + 1} of {Tries} to copy {source.Name}", problem);
        }

        return problem;
    });

    private async Task<string?> TryAsync(UpstreamAddress source, CancellationToken stop)
    {
        var options = context.Options;
        PassFile.Write(options.PassFile, source, options.Replication);
        var connection = ConnInfo.Render(
            ConnInfo.To(source, options.Replication, context.Configuration.Database, context.Binary.LastVersion));
        var command = new Command(
            context.Configuration.Tool("pg_basebackup"),
            [
                $"--pgdata={options.DataDirectory}", "--wal-method=stream", $"--dbname={connection}", "--no-password",
                .. context.Configuration.BaseBackupArguments,
            ])
        {
            Environment = new Dictionary<string, string> { ["PGPASSFILE"] = options.PassFile },
        };
        ProcessResult result;
        try
        {
            result = await context.Runner.RunAsync(command, Within, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            removal.ClearUnfinished();
            throw;
        }

        if (!result.Succeeded)
        {
            removal.ClearUnfinished();
            return $"pg_basebackup: {result.Complaint}";
        }

        context.Files.RestoreMissing(context.Configuration);
        File.Delete(Path.Combine(options.DataDirectory, "promote"));
        context.Marker.Remove();
        return null;
    }
}
