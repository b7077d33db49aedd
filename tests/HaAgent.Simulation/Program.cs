using System.Globalization;
using HaAgent.Simulation.Running;
using HaAgent.Simulation.Transcripts;

namespace HaAgent.Simulation;

/// <summary>The command line of the simulator; <c>./build.sh sim</c> calls it.</summary>
internal static class Program
{
    private const string Usage = """
        sim COUNT [--from SEED] [--threads N] [--first] [--laws L,...] [--no-coverage]
                                                                          run COUNT histories; --first: stop at the first violation;
                                                                          --laws: only those of these laws count
        sim --seed SEED [--quiet]                                         replay one history and show its journal
        sim --transcript FILE [SEED]                                      play a transcript and show its journal
        """;

    /// <summary>For a run that does not come to its end.</summary>
    private static History? _shown;

    private static int Main(string[] args)
    {
        if (Value(args, "--seed") is { } seed)
        {
            return Replay(seed, quiet: args.Contains("--quiet"));
        }

        if (args is ["--transcript", var file, ..])
        {
            return Tell(file, args.Length > 2 && ulong.TryParse(args[2], CultureInfo.InvariantCulture, out var number) ? number : 1);
        }

        if (args.Length == 0 || !long.TryParse(args[0], CultureInfo.InvariantCulture, out var count) || count < 1)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        var campaign = new Campaign();
        campaign.Run(
            Value(args, "--from") ?? 1, count, (int)(Value(args, "--threads") ?? (ulong)Environment.ProcessorCount), args.Contains("--first"),
            Text(args, "--laws")?.Split(','));
        Report.Summary(campaign, Console.Out);
        foreach (var failed in campaign.Failed.Take(3))
        {
            Report.Failure(failed, Console.Out);
        }

        if (campaign.Failed.Count > 3)
        {
            Console.WriteLine($"and {campaign.Failed.Count - 3} more: seeds {string.Join(" ", campaign.Failed.Skip(3).Take(50).Select(failed => failed.Seed))}");
        }

        var covered = args.Contains("--no-coverage") || CoverageRules.Check(campaign, Console.Out);
        return campaign.Failed.Count == 0 && covered ? 0 : 1;
    }

    private static int Tell(string file, ulong seed)
    {
        try
        {
            new Player(Transcript.Parse(File.ReadAllText(file)), seed) { Listener = Console.WriteLine }.Play();
            return 0;
        }
        catch (TranscriptException e)
        {
            Console.WriteLine(e.Message);
            return 1;
        }
    }

    private static int Replay(ulong seed, bool quiet)
    {
        using var stuck = new Timer(_ => Console.Error.WriteLine(_shown is { } shown ? $"at {shown.World.Time.Now}, {shown.World.Time.Happened} events" : ""), null, 5000, 5000);
        var (outcome, history) = Outcome.Of(seed, prepared =>
        {
            _shown = prepared;
            prepared.World.Journal.Listener = quiet ? null : Console.WriteLine;
        });
        Console.WriteLine($"cluster: {history.Cluster.Plan}");
        Console.WriteLine($"faults:  {history.Faults}");
        foreach (var violation in outcome.Violations)
        {
            Console.WriteLine($"VIOLATION {violation}");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"journal {outcome.Hash:x16}, {outcome.Events} events"));
        return outcome.Violations.Count == 0 ? 0 : 1;
    }

    private static ulong? Value(string[] args, string option) =>
        ulong.TryParse(Text(args, option), CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string? Text(string[] args, string option) =>
        Array.IndexOf(args, option) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}
