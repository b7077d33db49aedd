using System.Globalization;
using System.Text;

namespace HaAgent.Simulation.Kernel;

/// <summary>What happened in a run, line by line: the bytes that a replay must show again.</summary>
internal sealed class Journal(SimWorld world)
{
    private readonly StringBuilder _text = new();
    private ulong _hash = 14695981039346656037UL;

    /// <summary>Of every line so far, kept or not.</summary>
    public ulong Hash => _hash;

    /// <summary>Keep the lines, not only their hash.</summary>
    public bool Keeps { get; set; }

    /// <summary>Receives each line as it is written; null: nobody.</summary>
    public Action<string>? Listener { get; set; }

    public string Text => _text.ToString();

    public void Write(string who, string what)
    {
        Mix(world.Time.Now.Ticks);
        Mix(who);
        Mix(what);
        if (!Keeps && Listener is null)
        {
            return;
        }

        var line = string.Create(CultureInfo.InvariantCulture, $"{world.Time.Now.TotalSeconds,10:0.000000} {who,-10} {what}");
        Listener?.Invoke(line);
        if (Keeps)
        {
            _text.Append(line).Append('\n');
        }
    }

    private void Mix(string text)
    {
        foreach (var letter in text)
        {
            _hash = (_hash ^ letter) * 1099511628211UL;
        }
    }

    private void Mix(long value) => _hash = (_hash ^ (ulong)value) * 1099511628211UL;
}
