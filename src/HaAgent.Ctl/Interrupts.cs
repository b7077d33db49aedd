namespace HaAgent.Ctl;

/// <summary>
/// What Ctrl-C means at the moment: the end of the command or, while another program has the screen, that one's business.
/// </summary>
/// <remarks>The terminal sends the signal to both; editors and pagers use it for purposes of their own.</remarks>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private volatile bool _lent;

    public CancellationToken Stop => _stop.Token;

    public void Interrupt()
    {
        if (!_lent)
        {
            _stop.Cancel();
        }
    }

    /// <summary>Until the result is disposed of, interrupts are another program's.</summary>
    public IDisposable Lend()
    {
        _lent = true;
        return new Loan(this);
    }

    public void Dispose() => _stop.Dispose();

    private sealed class Loan(Interrupts lender) : IDisposable
    {
        public void Dispose() => lender._lent = false;
    }
}
