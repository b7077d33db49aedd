using Microsoft.Extensions.Logging;

namespace HaAgent.Postgres;

/// <summary>Log events of the local server: 4xxx. An id is never reused or renumbered.</summary>
internal static partial class PgLog
{
    [LoggerMessage(EventId = 4001, Level = LogLevel.Information, Message = "PostgreSQL is running (pid {Pid})")]
    public static partial void Running(ILogger logger, int pid);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Warning, Message = "PostgreSQL has ended")]
    public static partial void Ended(ILogger logger);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Warning, Message = "{Warning}")]
    public static partial void ConfigurationWarning(ILogger logger, string warning);

    [LoggerMessage(EventId = 4004, Level = LogLevel.Information,
        Message = "Starting PostgreSQL {Version} in {DataDirectory} {Role}")]
    public static partial void Starting(ILogger logger, PostgresVersion version, string dataDirectory, string role);

    [LoggerMessage(EventId = 4005, Level = LogLevel.Error, Message = "PostgreSQL did not start: {Detail}")]
    public static partial void StartFailed(ILogger logger, string detail);

    [LoggerMessage(EventId = 4006, Level = LogLevel.Warning,
        Message = "PostgreSQL refused its configuration; starting once more without {Parameters}")]
    public static partial void StartingWithout(ILogger logger, string parameters);

    [LoggerMessage(EventId = 4007, Level = LogLevel.Information, Message = "Reloading the configuration of PostgreSQL")]
    public static partial void Reloading(ILogger logger);

    [LoggerMessage(EventId = 4008, Level = LogLevel.Warning, Message = "{Step} failed: {Detail}")]
    public static partial void StepFailed(ILogger logger, string step, string detail);

    [LoggerMessage(EventId = 4009, Level = LogLevel.Information, Message = "{Step} done in {Seconds:0.00} s")]
    public static partial void StepDone(ILogger logger, string step, double seconds);

    [LoggerMessage(EventId = 4010, Level = LogLevel.Warning, Message = "Killing all processes of {DataDirectory}")]
    public static partial void Killing(ILogger logger, string dataDirectory);

    [LoggerMessage(EventId = 4011, Level = LogLevel.Error, Message = "Looking at PostgreSQL failed unexpectedly")]
    public static partial void LookFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 4012, Level = LogLevel.Warning,
        Message = "Parameter {Parameter} stays at {Value}: the primary had it that high. A restart will be needed")]
    public static partial void ParameterRaised(ILogger logger, string parameter, string value);

    [LoggerMessage(EventId = 4013, Level = LogLevel.Warning, Message = "Moved {DataDirectory} aside to {Target}")]
    public static partial void MovedAside(ILogger logger, string dataDirectory, string target);

    [LoggerMessage(
        EventId = 4014, Level = LogLevel.Warning, Message = "Removed the contents of {DataDirectory}: {Reason}")]
    public static partial void Removed(ILogger logger, string dataDirectory, string reason);

    [LoggerMessage(EventId = 4015, Level = LogLevel.Warning,
        Message = "Ended {Tool}: an agent that is no more had left it at work on the data directory")]
    public static partial void OrphanEnded(ILogger logger, string tool);

    [LoggerMessage(EventId = 4016, Level = LogLevel.Error,
        Message = "postgresql.authentication.superuser.username = '{User}': PostgreSQL does not let this user in ({Detail}), so "
            + "the server's role and position are not known: this node is not promoted, and a leader lock that it holds stays "
            + "with it. Correct postgresql.authentication.superuser and reload, or correct the user's password or pg_hba.conf")]
    public static partial void LoginRefused(ILogger logger, string user, string detail);

    [LoggerMessage(EventId = 4017, Level = LogLevel.Warning,
        Message = "postgresql.authentication.replication.username = '{User}': PostgreSQL does not let this user open a replication connection "
            + "from its own host ({Detail}). Without one the timeline of a replica that nobody feeds may be told too low, and it be passed over in "
            + "a failover: allow the database 'replication' from this host in pg_hba.conf")]
    public static partial void ReplicationRefused(ILogger logger, string user, string detail);
}
