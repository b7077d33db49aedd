using System.Text;

namespace HaAgent.Ctl;

/// <summary>What is typed but must not be seen.</summary>
internal static class Keyboard
{
    private const char EndOfInput = '\u0004'; // Ctrl-D

    /// <returns>Null at the end of the input.</returns>
    public static string? ReadSecret()
    {
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    return typed.ToString();
                case ConsoleKey.Backspace:
                    typed.Length = Math.Max(0, typed.Length - 1);
                    break;
                default:
                    if (key.KeyChar == EndOfInput && typed.Length == 0)
                    {
                        return null;
                    }

                    typed.Append(char.IsControl(key.KeyChar) ? "" : key.KeyChar);
                    break;
            }
        }
    }
}
