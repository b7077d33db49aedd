using System.Text;

namespace HaAgent.Guard;

/// <summary><c>haagent guard FILE</c>: the guard's process, started by the agent and by nobody else.</summary>
public static class GuardCommand
{
    /// <param name="wordFile">The deadline word to watch.</param>
    /// <returns>The exit code: 0 when there was nothing left to guard; 1 when it could not begin.</returns>
    public static int Run(string wordFile)
    {
        GuardSetup.Detach();
        var journal = new GuardJournal();
        try
        {
            using var word = DeadlineWord.Watch(wordFile);
            using var server = new ServerProcesses([word.DataDirectory().ToArray()], () => word.State == WordState.Fired);
            using var timer = new BoottimeTimer();
            var loop = new GuardLoop(word, server, timer, journal);
            loop.Rehearse();
            foreach (var notice in GuardSetup.TakePrivileges())
            {
                journal.Notice(notice);
            }

            word.WatchedBy(Environment.ProcessId);
            journal.Watching(Environment.ProcessId, word.DataDirectory());
            loop.Run();
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            journal.Notice(e.Message);
            return 1;
        }
    }
}
