using System.Text.Json;

namespace Tracker.Client.Spooling;

/// <summary>
/// The file <c>position.json</c>, there only after the server lost track of the writer: batch <c>From</c> and those after it go out as
/// 1, 2, 3… of another writer. It is written before the first of them is sent, so that the next process goes on with the same numbers.
/// </summary>
internal sealed record SpoolPosition(string Writer, long From)
{
    private const string Name = "position.json";

    public static SpoolPosition? Read(string folder)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, Name)));
            return new SpoolPosition(json.RootElement.GetProperty("writer").GetString()!, json.RootElement.GetProperty("from").GetInt64());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    public void Write(string folder)
    {
        var path = Path.Combine(folder, Name);
        File.WriteAllText(path + ".new", $$"""{"writer":"{{Writer}}","from":{{From}}}""");
        File.Move(path + ".new", path, overwrite: true);
    }
}
