using HaAgent.Core.Model;
using Npgsql;

namespace HaAgent.Postgres.Sql;

/// <summary>
/// Says that the local server does not let the agent in: at once, then once a minute while it lasts, for each look meets
/// with the same.
/// </summary>
/// <param name="say">Whom it refuses what, to the log; given what the server says.</param>
internal sealed class LoginComplaint(Action<string> say, TimeProvider clock)
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

        say(SqlErrors.Describe(e));
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
