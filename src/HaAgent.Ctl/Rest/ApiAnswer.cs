namespace HaAgent.Ctl.Rest;

/// <summary>How a call to a member's REST server ended.</summary>
internal abstract record ApiAnswer
{
    private ApiAnswer()
    {
    }

    /// <summary>It answered, whatever it said.</summary>
    public sealed record Answered(int Code, string Body) : ApiAnswer;

    /// <summary>No connection, or it broke; the request may have arrived.</summary>
    /// <param name="Why">For the operator.</param>
    public sealed record Unreachable(string Why) : ApiAnswer;

    /// <summary>Connected, but silent past the deadline: the request is probably being worked on.</summary>
    public sealed record Silent(TimeSpan WaitedFor) : ApiAnswer
    {
        public string Why => FormattableString.Invariant($"no answer within {WaitedFor.TotalSeconds:0} seconds");
    }
}
