using HaAgent.Simulation.Transcripts;

namespace HaAgent.Simulation.Tests;

/// <summary>Failures that HA tools are known for, each told as an operator would, and played on the simulator.</summary>
public class The_museum
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Museum");

    public static TheoryData<string> Transcripts =>
        [.. Directory.GetFiles(Folder, "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Fact]
    public void Has_at_least_twenty_five_pieces() => Assert.InRange(Transcripts.Count, 25, 999);

    /// <summary>Under several seeds: the same tale with other delays, other positions, another etcd leader.</summary>
    [Theory]
    [MemberData(nameof(Transcripts))]
    public void Ends_well(string transcript)
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            var lines = new Queue<string>();
            var player = new Player(Transcript.Parse(File.ReadAllText(Path.Combine(Folder, $"{transcript}.txt"))), seed)
            {
                Listener = line =>
                {
                    lines.Enqueue(line);
                    if (lines.Count > 60)
                    {
                        lines.Dequeue();
                    }
                },
            };
            try
            {
                player.Play();
            }
            catch (TranscriptException e)
            {
                Assert.Fail($"{transcript}, seed {seed}: {e.Message}\n{string.Join('\n', lines)}");
            }
        }
    }
}
