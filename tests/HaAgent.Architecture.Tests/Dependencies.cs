using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace HaAgent.Architecture.Tests;

public class Dependencies
{
    /// <summary>What each project may know of the others. A project that is not here has not been thought about.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["HaAgent.Core"] = [],
        ["HaAgent.Configuration"] = ["HaAgent.Core"],
        ["HaAgent.Dcs"] = ["HaAgent.Core"],
        ["HaAgent.Guard"] = [],
        ["HaAgent.Postgres"] = ["HaAgent.Core", "HaAgent.Guard"],
        ["HaAgent.Ctl"] = ["HaAgent.Configuration", "HaAgent.Core", "HaAgent.Dcs"],
        ["HaAgent"] = ["HaAgent.Configuration", "HaAgent.Core", "HaAgent.Dcs", "HaAgent.Guard", "HaAgent.Postgres"],
    };

    [Fact]
    public void Every_project_has_its_place() => Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), Repository.Projects);

    [Fact]
    public void Point_inwards() => Assert.All(Allowed, entry =>
    {
        var actual = Repository.References(entry.Key, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path));
        Assert.Equal(entry.Value, actual.Order(StringComparer.Ordinal));
    });

    [Fact]
    public void Of_the_core_are_the_base_library_and_the_abstractions_of_logging_and_nothing_else()
    {
        var packages = Repository.Project("HaAgent.Core").Descendants("PackageReference")
            .Where(p => (string?)p.Attribute("PrivateAssets") != "all") // analyzers leave no trace in the program
            .Select(p => (string)p.Attribute("Include")!);
        Assert.Equal(["Microsoft.Extensions.Logging.Abstractions"], packages);

        var unexpected = AssemblyReferences(Assembly.Load("HaAgent.Core").Location)
            .Where(name => name != "Microsoft.Extensions.Logging.Abstractions" && !IsPureBaseLibrary(name));
        Assert.Empty(unexpected);
    }

    [Theory]
    [InlineData("HaAgent.Dcs", "Npgsql")]
    [InlineData("HaAgent.Dcs", "HaAgent.Postgres")]
    [InlineData("HaAgent.Postgres", "Google.Protobuf")]
    [InlineData("HaAgent.Postgres", "HaAgent.Dcs")]
    [InlineData("HaAgent.Configuration", "Npgsql")]
    public void Of_a_shell_never_reach_into_another_shell_s_world(string project, string stranger) =>
        Assert.DoesNotContain(stranger, AssemblyReferences(Assembly.Load(project).Location));

    [Fact]
    public void On_packages_have_one_exact_version_each_and_a_line_that_says_why()
    {
        var record = File.ReadAllText(Path.Combine(Repository.Root, "docs/adr/0006-packages.md"));
        var versions = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion").ToList();
        Assert.NotEmpty(versions);
        Assert.All(versions, version =>
        {
            Assert.Matches(@"^\d+\.\d+\.\d+$", (string)version.Attribute("Version")!);
            Assert.Contains($"`{(string)version.Attribute("Include")!}`", record, StringComparison.Ordinal);
        });
    }

    private static bool IsPureBaseLibrary(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal)
        && !name.StartsWith("System.Net", StringComparison.Ordinal)
        && !name.StartsWith("System.IO", StringComparison.Ordinal)
        && name is not "System.Diagnostics.Process" and not "System.Console";

    private static IReadOnlyList<string> AssemblyReferences(string file)
    {
        using var program = new PEReader(File.OpenRead(file));
        var metadata = program.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name))];
    }
}
