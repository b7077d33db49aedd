namespace HaAgent.Ctl.Prompts;

/// <summary>Questions to the operator (cli.md 3). They are asked on stdout whether or not somebody sits there.</summary>
internal sealed class Prompter(Terminal terminal)
{
    /// <summary>A value; an empty answer means <paramref name="whenEmpty"/>, which is shown even when it is empty itself.</summary>
    /// <param name="whenEmpty">Null: there is none, and an empty answer is asked again.</param>
    public async Task<string> AskAsync(string text, string? whenEmpty, CancellationToken stop)
    {
        while (true)
        {
            var answer = await AnswerAsync(whenEmpty is null ? $"{text}: " : $"{text} [{whenEmpty}]: ", stop).ConfigureAwait(false);
            if (answer.Length > 0)
            {
                return answer;
            }

            if (whenEmpty is not null)
            {
                return whenEmpty;
            }
        }
    }

    /// <summary>A value that does not appear on the screen; an empty answer is asked again.</summary>
    public async Task<string> AskSecretAsync(string text, CancellationToken stop)
    {
        while (true)
        {
            await QuestionAsync($"{text}: ", stop).ConfigureAwait(false);
            var answer = await terminal.ReadSecretAsync(stop).ConfigureAwait(false) ?? throw new AbortedException();
            terminal.Line(""); // the operator's own was not shown
            if (answer.Length > 0)
            {
                return answer;
            }
        }
    }

    /// <summary>Yes or no; an empty answer is no.</summary>
    public async Task<bool> ConfirmAsync(string text, CancellationToken stop)
    {
        while (true)
        {
            var answer = await AnswerAsync($"{text} [y/N]: ", stop).ConfigureAwait(false);
            switch (answer.Trim().ToLowerInvariant())
            {
                case "y" or "yes":
                    return true;
                case "n" or "no" or "":
                    return false;
                default:
                    terminal.Line("Error: invalid input");
                    break;
            }
        }
    }

    private async Task<string> AnswerAsync(string question, CancellationToken stop)
    {
        await QuestionAsync(question, stop).ConfigureAwait(false);
        return await terminal.ReadLineAsync(stop).ConfigureAwait(false) ?? throw new AbortedException();
    }

    private async Task QuestionAsync(string question, CancellationToken stop)
    {
        await terminal.Out.WriteAsync(question).ConfigureAwait(false);
        await terminal.Out.FlushAsync(stop).ConfigureAwait(false);
    }
}
