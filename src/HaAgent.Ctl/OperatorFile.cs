namespace HaAgent.Ctl;

/// <summary>A file that the operator has named.</summary>
internal static class OperatorFile
{
    /// <param name="file">A path; <c>-</c> is stdin.</param>
    /// <exception cref="CtlException">It cannot be read.</exception>
    public static async Task<string> ReadAsync(CtlContext ctl, string file, CancellationToken stop)
    {
        try
        {
            return file == "-"
                ? await ctl.Terminal.ReadToEndAsync(stop).ConfigureAwait(false)
                : await File.ReadAllTextAsync(file, stop).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CtlException($"Cannot read {file}: {failure.Message}");
        }
    }
}
