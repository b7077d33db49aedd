using HaAgent.Core.Model;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HaAgent.Postgres.Sql;

/// <summary>
/// Says that the local server does not let the agent in: at once, then once a minute while it lasts, for each look meets
/// with the same.
/// </summary>
internal sealed class LoginComplaint(Func<PostgresEffectiveConfiguration> configuration, TimeProvider clock, ILogger log)
{
    /// <summary>PostgreSQL documentation, "Error Codes": class 28, Invalid Authorization Specification.</summary>
    private const string RefusedClass = "28";

    private static readonly TimeSpan Pace = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private Instant _quietUntil = Instant.Zero;

    public static bool IsRefusal(PostgresException e) => e.SqlState.StartsWith(RefusedClass, StringComparison.Ordinal);

    public void Refused(PostgresException e)
    {
        var now = Instant.Now(clock);
        lock (_gate)
        {
            if (now < _quietUntil)
            {
                return;
            }

            _quietUntil = now + Pace;
        }

        var user = configuration().Local.Superuser.Username ?? Environment.UserName;
        PgLog.LoginRefused(log, user, SqlErrors.Describe(e));
    }

    /// <summary>The next refusal is news again.</summary>
    public void LetIn()
    {
        lock (_gate)
        {
            _quietUntil = Instant.Zero;
        }
    }
}
