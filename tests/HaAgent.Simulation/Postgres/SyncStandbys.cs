using System.Globalization;
using HaAgent.Core.Model;

namespace HaAgent.Simulation.Postgres;

/// <summary><c>synchronous_standby_names</c>: whose flush a commit waits for.</summary>
/// <param name="Names">Compared without regard to case, as PostgreSQL does.</param>
internal sealed record SyncStandbys(bool Any, int Needed, IReadOnlyList<string> Names)
{
    public static readonly SyncStandbys None = new(Any: false, 0, []);

    /// <summary>Reads <c>ANY 1 (a,b)</c>, <c>FIRST 2 (a,b)</c> or nothing.</summary>
    public static SyncStandbys Parse(string text)
    {
        if (text.Length == 0)
        {
            return None;
        }

        var open = text.IndexOf('(', StringComparison.Ordinal);
        var words = text[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new(
            words[0] == "ANY",
            int.Parse(words[1], CultureInfo.InvariantCulture),
            text[(open + 1)..text.IndexOf(')', StringComparison.Ordinal)].Split(',', StringSplitOptions.TrimEntries));
    }

    /// <summary>1 for the first of the list; 0 for one that is not listed, or when nobody is.</summary>
    public int Priority(string name)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            if (Names[i] == "*" || string.Equals(Names[i], name, StringComparison.OrdinalIgnoreCase))
            {
                return i + 1;
            }
        }

        return 0;
    }

    /// <summary>How many listed standbys have flushed a position, if that is enough; null: not enough.</summary>
    public int? Count(WalSenders senders, Lsn lsn)
    {
        if (Needed == 0)
        {
            return 0;
        }

        var have = 0;
        var asked = 0;
        for (var priority = 1; priority <= Names.Count; priority++)
        {
            foreach (var stream in senders.Streams)
            {
                // With FIRST the best of those who stream count, and no others.
                if (Priority(stream.Name) == priority && stream.IsStreaming && (Any || asked++ < Needed) && stream.Flushed >= lsn)
                {
                    have++;
                }
            }
        }

        return have >= Needed ? have : null;
    }

    /// <summary>As <c>pg_stat_replication</c> tells it.</summary>
    public string State(WalSenders senders, WalStream of)
    {
        var own = Priority(of.Name);
        if (own == 0 || Needed == 0)
        {
            return "async";
        }

        if (Any)
        {
            return "quorum";
        }

        var before = 0;
        foreach (var stream in senders.Streams)
        {
            var priority = Priority(stream.Name);
            before += stream != of && stream.IsStreaming && priority > 0 && priority < own ? 1 : 0;
        }

        return before < Needed ? "sync" : "potential";
    }
}
