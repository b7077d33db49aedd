namespace HaAgent.Simulation.Kernel;

/// <summary>Who reaches whom, how fast, and what is lost on the way. Names are those of hosts.</summary>
/// <remarks>A message is an action at its receiver. What is cut or lost is never told to the sender.</remarks>
internal sealed class SimNetwork(VirtualTime time, Chance chance)
{
    private readonly HashSet<(string From, string To)> _cut = [];
    private readonly Dictionary<(string From, string To), LinkTrouble> _trouble = [];

    /// <summary>How many messages a cut or a loss has swallowed.</summary>
    public long Swallowed { get; private set; }

    /// <summary>One way.</summary>
    public void Cut(string from, string to) => _cut.Add((from, to));

    public void CutBoth(string a, string b)
    {
        Cut(a, b);
        Cut(b, a);
    }

    public void Heal(string from, string to) => _cut.Remove((from, to));

    public void Trouble(string from, string to, LinkTrouble trouble) => _trouble[(from, to)] = trouble;

    public void Calm(string from, string to) => _trouble.Remove((from, to));

    public void HealAll()
    {
        _cut.Clear();
        _trouble.Clear();
    }

    /// <summary>One way, now.</summary>
    public bool Reaches(string from, string to) => from == to || !_cut.Contains((from, to));

    /// <summary>One way: nothing is cut, lost or late.</summary>
    public bool IsCalm(string from, string to) => Reaches(from, to) && !_trouble.ContainsKey((from, to));

    public bool ReachBoth(string a, string b) => Reaches(a, b) && Reaches(b, a);

    /// <summary>A message under way: it arrives after its latency unless the link is cut by then, or loses it.</summary>
    /// <param name="swallowed">Told when it is lost after all, for a transport that sends again; null: nobody.</param>
    public void Send(string from, string to, Action arrive, Action? swallowed = null)
    {
        var latency = from == to ? chance.Milliseconds(0.01, 0.05) : chance.Milliseconds(0.1, 0.6);
        if (_trouble.TryGetValue((from, to), out var trouble))
        {
            if (chance.Happens(trouble.Loss))
            {
                Swallowed++;
                swallowed?.Invoke();
                return;
            }

            latency += chance.Between(TimeSpan.Zero, trouble.Delay);
        }

        time.After(latency, () =>
        {
            if (Reaches(from, to))
            {
                arrive();
            }
            else
            {
                Swallowed++;
                swallowed?.Invoke();
            }
        });
    }
}

/// <param name="Delay">Up to so much is added to each message, so that they overtake each other.</param>
/// <param name="Loss">Of each message, 0 to 1.</param>
internal sealed record LinkTrouble(TimeSpan Delay, double Loss);
