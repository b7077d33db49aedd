using System.Text;

namespace HaAgent.Postgres.Config;

/// <summary>
/// Splits a configured command as a POSIX shell would: blanks, quotes and backslashes; nothing else has a meaning.
/// </summary>
internal static class ShellWords
{
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static List<string> Split(string command)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var inWord = false;
        for (var i = 0; i < command.Length; i++)
        {
            var c = command[i];
            if (char.IsWhiteSpace(c))
            {
                if (inWord)
                {
                    words.Add(word.ToString());
                    word.Clear();
                    inWord = false;
                }

                continue;
            }

            inWord = true;
            i = c switch
            {
                '\'' => TakeUntil(command, i, '\'', escapes: false, word),
                '"' => TakeUntil(command, i, '"', escapes: true, word),
                '\\' => TakeEscaped(command, i, word),
                _ => Take(c, i, word),
            };
        }

        if (inWord)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    private static int Take(char c, int at, StringBuilder word)
    {
        word.Append(c);
        return at;
    }

    private static int TakeEscaped(string command, int at, StringBuilder word)
    {
        if (at + 1 == command.Length)
        {
            throw new FormatException("a backslash at the end escapes nothing");
        }

        word.Append(command[at + 1]);
        return at + 1;
    }

    private static int TakeUntil(string command, int at, char quote, bool escapes, StringBuilder word)
    {
        for (var i = at + 1; i < command.Length; i++)
        {
            if (command[i] == quote)
            {
                return i;
            }

            if (escapes && command[i] == '\\' && i + 1 < command.Length && command[i + 1] is '"' or '\\')
            {
                i++;
            }

            word.Append(command[i]);
        }

        throw new FormatException($"the quote {quote} is not closed");
    }
}
