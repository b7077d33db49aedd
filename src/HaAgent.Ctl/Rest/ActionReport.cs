using System.Globalization;
using HaAgent.Core.Snapshot;

namespace HaAgent.Ctl.Rest;

/// <summary>One line for each member that was asked for something, and in the end a complaint if some could not be asked.</summary>
internal sealed class ActionReport(CtlContext ctl)
{
    private const int FirstRefusal = 400;
    private readonly List<string> _unreached = [];

    /// <summary>Any answer that is no refusal is a success.</summary>
    /// <param name="action">As the line calls it, e.g. <c>restart</c>.</param>
    /// <param name="silent">Says nothing about a success.</param>
    /// <returns>Did the member do it?</returns>
    public bool Tell(Member member, string action, ApiAnswer answer, bool silent = false)
    {
        var done = answer is ApiAnswer.Answered { Code: < FirstRefusal };
        if (!done || !silent)
        {
            Tell(member, action, answer, done ? $"Success: {action} for member {member.Name}" : null);
        }

        return done;
    }

    /// <param name="said">What the answer means; null: that the member refused.</param>
    public void Tell(Member member, string action, ApiAnswer answer, string? said)
    {
        ctl.Terminal.Line(answer switch
        {
            ApiAnswer.Answered when said is not null => said,
            ApiAnswer.Answered(var code, var body) => string.Create(
                CultureInfo.InvariantCulture, $"Failed: {action} for member {member.Name}, status code={code}, ({body})"),
            ApiAnswer.Unreachable(var why) => $"Failed: {action} for member {member.Name}, {why}",
            ApiAnswer.Silent silent => $"Failed: {action} for member {member.Name}, {silent.Why}",
            _ => throw new System.Diagnostics.UnreachableException(),
        });
        if (answer is not ApiAnswer.Answered)
        {
            _unreached.Add(member.Name.Value);
        }
    }

    /// <exception cref="CtlException">A member could not be asked: the command as a whole has failed.</exception>
    public void End()
    {
        if (_unreached.Count > 0)
        {
            throw new CtlException(
                $"Could not reach {string.Join(", ", _unreached.Distinct())}: check that the agents run, and the ctl settings.");
        }
    }
}
