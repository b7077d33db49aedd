namespace HaAgent.Ctl;

/// <summary>Where the operator is: the three streams, and whether the output is a screen.</summary>
/// <param name="readSecret">Reads a line that is not shown; null: the input shows nothing anyway.</param>
internal sealed class Terminal(TextReader input, TextWriter output, TextWriter error, bool outputIsTerminal, Func<string?>? readSecret = null)
{
    public TextWriter Out { get; } = output;
    public TextWriter Error { get; } = error;
    public bool OutputIsTerminal { get; } = outputIsTerminal;

    public void Line(string text) => Out.Write(text + "\n");

    /// <summary>Null at the end of the input. Gives up waiting, not reading, when <paramref name="stop"/> is signalled.</summary>
    public Task<string?> ReadLineAsync(CancellationToken stop) =>
        // The console's own ReadLineAsync reads synchronously and would not notice Ctrl-C.
        Task.Run(input.ReadLine, CancellationToken.None).WaitAsync(stop);

    /// <summary>As <see cref="ReadLineAsync"/>, without showing it where the input is a keyboard.</summary>
    public Task<string?> ReadSecretAsync(CancellationToken stop) =>
        Task.Run(readSecret ?? input.ReadLine, CancellationToken.None).WaitAsync(stop);

    public Task<string> ReadToEndAsync(CancellationToken stop) =>
        Task.Run(input.ReadToEnd, CancellationToken.None).WaitAsync(stop);

    /// <summary>Clears a screen; does nothing to a file or a pipe.</summary>
    public void Clear()
    {
        if (OutputIsTerminal)
        {
            Out.Write("\u001b[2J\u001b[1;1H");
        }
    }
}
