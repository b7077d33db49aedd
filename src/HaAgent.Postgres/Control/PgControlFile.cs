using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Postgres.Control;

/// <summary>The first fields of <c>global/pg_control</c>, read without starting a program.</summary>
/// <remarks>
/// <c>catalog/pg_control.h</c>: system_identifier 0, pg_control_version 8, state 16, checkPoint 32,
/// checkPointCopy.ThisTimeLineID 48. These have not moved since PostgreSQL 11. The checksum (CRC-32C over all before
/// it) ends the structure, at a place that differs between versions: it is searched for, so that a torn read is noticed
/// whatever the version.
/// </remarks>
internal sealed record PgControlFile(string SystemIdentifier, ControlState State, WalPosition Checkpoint)
{
    public const string RelativePath = "global/pg_control";

    private const int ShortestStructure = 200;
    private const int LongestStructure = 512; // a sector: PostgreSQL keeps the structure inside one

    /// <exception cref="IOException">It cannot be read, or it is damaged.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static PgControlFile Read(string dataDirectory)
    {
        const int Tries = 5;
        var path = Path.Combine(dataDirectory, RelativePath);
        var problem = "";
        for (var i = 0; i < Tries; i++)
        {
            // It is written in place: a read beside the write may see half of it, and the next one sees all.
            if (TryParse(File.ReadAllBytes(path), out problem) is { } file)
            {
                return file;
            }
        }

        throw new ControlFileException($"{path}: {problem}");
    }

    internal static PgControlFile? TryParse(ReadOnlySpan<byte> bytes, out string problem)
    {
        if (bytes.Length < LongestStructure)
        {
            problem = $"too short ({bytes.Length} bytes)";
            return null;
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (!CapabilityTable.KnowsControlFile(version))
        {
            problem =
                $"control file version {version} is not one of PostgreSQL {PostgresVersion.OldestMajor} to {PostgresVersion.NewestMajor}";
            return null;
        }

        var state = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]);
        if (!HasValidChecksum(bytes) || state is < 0 or > (int)ControlState.InProduction)
        {
            problem = "the checksum does not match";
            return null;
        }

        problem = "";
        var timeline = new Timeline(BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]));
        return new(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
            (ControlState)state,
            new(timeline, new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]))));
    }

    private static bool HasValidChecksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (var at = 0; at < LongestStructure; at += 4)
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            if (at >= ShortestStructure && word == ~crc)
            {
                return true;
            }

            crc = BitOperations.Crc32C(crc, word);
        }

        return false;
    }
}

/// <summary>The control file is there and is not one: damaged, or of an unknown version. An I/O error to whoever does not tell.</summary>
internal sealed class ControlFileException(string message) : IOException(message);
