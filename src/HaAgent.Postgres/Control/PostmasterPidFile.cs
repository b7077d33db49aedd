using System.Globalization;

namespace HaAgent.Postgres.Control;

/// <summary>
/// What <c>postmaster.pid</c> says. PostgreSQL documentation, "Database File Layout"; <c>pidfile.h</c>.
/// </summary>
/// <param name="Pid">Positive.</param>
/// <param name="IsSingleUser">A stand-alone backend wrote it (it writes its pid negative).</param>
/// <param name="StartedAt">Seconds since the epoch; 0 when not written yet.</param>
/// <param name="Port">0 when not written yet.</param>
/// <param name="SocketDirectory">The first one; empty when there is none or not written yet.</param>
/// <param name="ListenAddress">The first one; <c>*</c> for all; empty when none or not written yet.</param>
internal sealed record PostmasterPidFile(
    int Pid, bool IsSingleUser, long StartedAt, int Port, string SocketDirectory, string ListenAddress,
        PostmasterStatus Status)
{
    public const string Name = "postmaster.pid";

    /// <summary>Null when the file is missing or holds no pid (it is just being written).</summary>
    public static PostmasterPidFile? TryRead(string dataDirectory)
    {
        try
        {
            return TryParse(File.ReadAllLines(Path.Combine(dataDirectory, Name)));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    internal static PostmasterPidFile? TryParse(string[] lines)
    {
        if (!int.TryParse(Line(0), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var pid)
            || pid is 0 or int.MinValue)
        {
            return null;
        }

        _ = long.TryParse(Line(2), NumberStyles.None, CultureInfo.InvariantCulture, out var startedAt);
        _ = int.TryParse(Line(3), NumberStyles.None, CultureInfo.InvariantCulture, out var port);
        var status = Line(7) switch
        {
            "ready" => PostmasterStatus.Ready,
            "standby" => PostmasterStatus.Standby,
            "stopping" => PostmasterStatus.Stopping,
            _ => PostmasterStatus.Starting,
        };
        return new(Math.Abs(pid), pid < 0, startedAt, port, Line(4), Line(5), status);

        string Line(int index) => index < lines.Length ? lines[index].Trim() : "";
    }
}

internal enum PostmasterStatus
{
    Starting,

    /// <summary>Accepts connections as primary, or as a standby that needs no hot standby.</summary>
    Ready,

    /// <summary>Accepts read-only connections.</summary>
    Standby,
    Stopping,
}
