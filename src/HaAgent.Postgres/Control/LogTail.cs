using System.Text;

namespace HaAgent.Postgres.Control;

/// <summary>What a program has written to its log since a moment.</summary>
internal sealed class LogTail
{
    private const int LongestTail = 16 * 1024;
    private const long RotateAbove = 10 * 1024 * 1024;

    private readonly string _path;
    private readonly long _from;

    private LogTail(string path, long from)
    {
        _path = path;
        _from = from;
    }

    /// <summary>
    /// Remembers the present end; a file that has grown large is set aside first, one generation is kept.
    /// </summary>
    public static LogTail Begin(string path)
    {
        var length = File.Exists(path) ? new FileInfo(path).Length : 0;
        if (length > RotateAbove)
        {
            File.Move(path, path + ".1", overwrite: true);
            length = 0;
        }

        return new(path, length);
    }

    public string Read()
    {
        try
        {
            using var file =
                new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Position = Math.Max(_from, file.Length - LongestTail);
            using var reader = new StreamReader(file, Encoding.UTF8);
            return reader.ReadToEnd().Trim();
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }
}
