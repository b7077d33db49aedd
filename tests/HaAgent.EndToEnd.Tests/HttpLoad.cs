using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

/// <summary>A run of <c>wrk</c>, an HTTP load generator.</summary>
/// <param name="Rate">Answers a second, as printed.</param>
/// <param name="Within">The time within which 99 of 100 answers came, as printed.</param>
/// <param name="Errors">Its lines about connections that failed or timed out, and about answers other than 2xx and 3xx; empty when
/// there were none.</param>
internal sealed record HttpLoad(string Rate, string Within, string Errors)
{
    public static async Task<HttpLoad> RunAsync(string url)
    {
        var result = (await Command.RunAsync(
            "wrk", ["--threads", "1", "--connections", "8", "--duration", "4s", "--latency", url], TimeSpan.FromSeconds(60))).OrThrow();
        var lines = result.Out.Split('\n').Select(line => line.Trim()).ToArray();
        return new HttpLoad(Of("Requests/sec:"), Of("99%"), string.Join("; ", lines.Where(IsTrouble)));

        string Of(string title) => lines.Single(line => line.StartsWith(title, StringComparison.Ordinal))[title.Length..].Trim();

        static bool IsTrouble(string line) =>
            line.StartsWith("Socket errors:", StringComparison.Ordinal) || line.StartsWith("Non-2xx or 3xx responses:", StringComparison.Ordinal);
    }
}
