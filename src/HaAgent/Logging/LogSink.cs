using System.Globalization;
using System.Text;

namespace HaAgent.Logging;

/// <summary>
/// Where finished lines go. Used by the writer's thread alone; it may block, and nobody else notices.
/// </summary>
internal abstract class LogSink : IDisposable
{
    /// <exception cref="IOException">The line could not be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public abstract void Write(string line);

    public abstract void Flush();

    public abstract void Dispose();
}

/// <summary>Standard error, or any stream.</summary>
internal sealed class StreamSink(Stream stream) : LogSink
{
    public override void Write(string line) => stream.Write(Encoding.UTF8.GetBytes(line + "\n"));

    public override void Flush() => stream.Flush();

    public override void Dispose() => stream.Dispose();
}

/// <summary><c>patroni.log</c> in a directory, rotated to <c>patroni.log.1</c> and on.</summary>
internal sealed class FileSink : LogSink
{
    private readonly string _path;
    private readonly LogOptions _options;
    private FileStream? _file;

    /// <param name="options">With a directory.</param>
    public FileSink(LogOptions options)
    {
        _options = options;
        _path = Path.Join(options.Directory, "patroni.log");
    }

    public override void Write(string line)
    {
        var bytes = Encoding.UTF8.GetBytes(line + "\n");
        _file ??= Open();
        if (_options.FileSize > 0 && _file.Length > 0 && _file.Length + bytes.Length > _options.FileSize)
        {
            Rotate();
            _file = Open();
        }

        _file.Write(bytes);
    }

    public override void Flush() => _file?.Flush();

    public override void Dispose() => _file?.Dispose();

    private FileStream Open()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
        };
        if (_options.Mode is { } mode && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        return new(_path, options);
    }

    private void Rotate()
    {
        _file?.Dispose();
        _file = null;
        if (_options.FileNumber <= 0)
        {
            File.Delete(_path);
            return;
        }

        for (var number = _options.FileNumber - 1; number >= 1; number--)
        {
            if (File.Exists(Numbered(number)))
            {
                File.Move(Numbered(number), Numbered(number + 1), overwrite: true);
            }
        }

        File.Move(_path, Numbered(1), overwrite: true);
    }

    private string Numbered(int number) => string.Create(CultureInfo.InvariantCulture, $"{_path}.{number}");
}
