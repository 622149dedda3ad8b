using System.IO.Compression;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>The packages as they are made for others. Packing takes some seconds; it uses what the build of the tests has made.</summary>
public sealed class PackageTests
{
    /// <summary>TorchSharp is large and not everywhere to be had, so its adapter is no part of the solution. This takes some seconds.</summary>
    [Fact]
    public async Task The_adapter_to_TorchSharp_compiles()
    {
        var dotnet = Tool.Find(".NET", "dotnet", "dotnet.exe");
        string[] arguments = ["build", Repository.PathOf("integrations", "TorchSharp"), "--configuration", Repository.Configuration, "-p:BuildProjectReferences=false"];
        var (exit, output) = await Tool.RunAsync(dotnet, arguments, Repository.Root);
        Assert.SkipWhen(exit != 0 && (output.Contains("NU1101", StringComparison.Ordinal) || output.Contains("NU1102", StringComparison.Ordinal) || output.Contains("NU1301", StringComparison.Ordinal)),
            "TorchSharp is not to be had here.");
        exit.ShouldBe(0, output);
    }

    [Theory]
    [InlineData("Tracker.Client", "Tracker.Client", "lib/net10.0/Tracker.Client.dll", "lib/net10.0/Tracker.Client.xml", "README.md")]
    [InlineData("Tracker.Client.Grpc", "Tracker.Client.Grpc", "lib/net10.0/Tracker.Client.Grpc.dll", "lib/net10.0/Tracker.Client.Grpc.xml")]
    [InlineData("Tracker.Cli", "Tracker.Tool", "tools/net10.0/any/tracker.dll", "tools/net10.0/any/Tracker.Client.dll", "tools/net10.0/any/DotnetToolSettings.xml")]
    public async Task A_package_holds_what_it_should(string project, string package, params string[] files)
    {
        using var folder = new TemporaryFolder();
        var dotnet = Tool.Find(".NET", "dotnet", "dotnet.exe");
        var (exit, output) = await Tool.RunAsync(
            dotnet, ["pack", Repository.PathOf("src", project), "--no-build", "--configuration", Repository.Configuration, "--output", folder.Path], Repository.Root);
        exit.ShouldBe(0, output);
        using var content = ZipFile.OpenRead(Directory.GetFiles(folder.Path, $"{package}.*.nupkg").ShouldHaveSingleItem());
        var names = content.Entries.Select(entry => entry.FullName).ToList();
        foreach (var file in files) names.ShouldContain(file);
        if (project == "Tracker.Cli") return;
        using var symbols = ZipFile.OpenRead(Directory.GetFiles(folder.Path, $"{package}.*.snupkg").ShouldHaveSingleItem());
        symbols.Entries.ShouldContain(entry => entry.FullName.EndsWith($"{project}.pdb", StringComparison.Ordinal));
    }
}
