namespace HaAgent.Postgres.Control;

/// <summary>What a stopping server waits for, in an operator's words.</summary>
internal static class StopText
{
    private const string WalSender = "walsender ";

    /// <param name="titles">Of the postmaster's processes.</param>
    /// <param name="clusterName">The server's <c>cluster_name</c>.</param>
    /// <param name="isCheckpointing">The control file says <c>shutting down</c>.</param>
    public static string Of(IReadOnlyCollection<string> titles, string clusterName, bool isCheckpointing)
    {
        var clients = titles.Count(title => BackendTitle.IsClient(title, clusterName));
        if (clients > 0)
        {
            return $"{clients} client backend{(clients == 1 ? "" : "s")} to end";
        }

        if (isCheckpointing)
        {
            return "the shutdown checkpoint";
        }

        if (!titles.Any(title => title.Contains("checkpointer", StringComparison.Ordinal)))
        {
            return "its last processes to end";
        }

        var senders = titles
            .Select(title => title.IndexOf(WalSender, StringComparison.Ordinal) is >= 0 and var at ? title[at..] : null)
            .OfType<string>().ToList();
        return "the shutdown checkpoint to begin"
            + (senders.Count > 0 ? $"; still sending: {string.Join(", ", senders)}" : "");
    }
}
