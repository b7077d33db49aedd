using System.Text;

namespace HaAgent.Configuration.Yaml;

/// <summary>The pen of the YAML writer: it knows the column, the indentation and what stands just before.</summary>
internal sealed class YamlEmitter(int width)
{
    private const int Step = 2;

    private readonly StringBuilder _text = new();
    private readonly Stack<int?> _indents = new();
    private int? _indent;
    private int _column;
    private int _flowLevel;
    private bool _whitespace = true;

    /// <summary>Only indentation and indicators such as <c>- </c> stand on this line so far.</summary>
    public bool Indention { get; private set; } = true;

    public bool InFlow => _flowLevel > 0;

    public bool IsPastWidth => _column > width;

    public int Column => _column;

    public int Width => width;

    public void EnterFlow() => _flowLevel++;

    public void LeaveFlow() => _flowLevel--;

    public void Indent(bool flow, bool indentless)
    {
        _indents.Push(_indent);
        _indent = _indent is null ? (flow ? Step : 0) : indentless ? _indent : _indent + Step;
    }

    public void Outdent() => _indent = _indents.Pop();

    public void Indicator(string indicator, bool needsSpace, bool whitespace = false, bool indention = false)
    {
        Append(_whitespace || !needsSpace ? indicator : " " + indicator);
        _whitespace = whitespace;
        Indention = Indention && indention;
    }

    /// <summary>Goes to the indentation: on this line if nothing but indicators is there, else on a new one.</summary>
    public void StartLine()
    {
        var indent = _indent ?? 0;
        if (!Indention || _column > indent || (_column == indent && !_whitespace))
        {
            LineBreak();
        }

        if (_column < indent)
        {
            _whitespace = true;
            Append(new string(' ', indent - _column));
        }
    }

    public void LineBreak()
    {
        _text.Append('\n');
        _column = 0;
        _whitespace = true;
        Indention = true;
    }

    /// <summary>A line break of another kind inside a quoted text: a character that readers take for one.</summary>
    public void LineBreak(Rune character)
    {
        _text.Append(character.ToString());
        _column = 0;
        _whitespace = true;
        Indention = true;
    }

    /// <summary>A space, unless there is white space already.</summary>
    public void Space()
    {
        if (!_whitespace)
        {
            Append(" ");
        }
    }

    /// <summary>Part of a scalar.</summary>
    public void Raw(string text)
    {
        Append(text);
        InsideScalar();
    }

    public void InsideScalar()
    {
        _whitespace = false;
        Indention = false;
    }

    public override string ToString() => _text.ToString();

    private void Append(string text)
    {
        _text.Append(text);
        foreach (var _ in text.EnumerateRunes())
        {
            _column++;
        }
    }
}
