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

    /// <summary>Told of each event of the product's log.</summary>
    public event Action<string, int, Func<string>>? EventHappened;

    public string Text => _text.ToString();

    public void Write(string who, string what) => Write(who, what, mix: true);

    private void Write(string who, string what, bool mix)
    {
        if (mix)
        {
            Mix(world.Time.Now.Ticks);
            Mix(who);
            Mix(what);
        }

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

    /// <summary>An event of the product's log: its id counts always, its sentence only where it is read.</summary>
    public void Event(string who, int id, Func<string> sentence)
    {
        EventHappened?.Invoke(who, id, sentence);
        if (Keeps || Listener is not null)
        {
            Write(who, $"[{id}] {sentence()}", mix: false);
        }

        Mix(world.Time.Now.Ticks);
        Mix(who);
        Mix(id);
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
