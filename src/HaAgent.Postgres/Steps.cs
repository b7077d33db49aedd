using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Postgres.Sql;
using Npgsql;

namespace HaAgent.Postgres;

/// <summary>Turns what may go wrong in a step into its result.</summary>
internal static class Steps
{
    /// <param name="body">Returns what failed; null when done.</param>
    public static async Task<StepResult> RunAsync(ServerContext context, string step, Func<Task<string?>> body)
    {
        var began = context.Now;
        string? problem;
        try
        {
            problem = await body().ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            problem = SqlErrors.Describe(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException
            or FormatException)
        {
            problem = e.Message;
        }

        var took = Instant.Now(context.Clock) - began;
        if (problem is null)
        {
            PgLog.StepDone(context.Log, step, took.TotalSeconds);
            return StepResult.Ok(took);
        }

        PgLog.StepFailed(context.Log, step, problem);
        return StepResult.Failed(problem, took);
    }
}
