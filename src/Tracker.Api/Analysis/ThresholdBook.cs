using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Analysis;

/// <summary>All thresholds of the detectors as people read them: what each means is what stands beside it in the code.</summary>
internal static class ThresholdBook
{
    private static readonly Lazy<IReadOnlyList<DetectorThresholdsDto>> Book = new(Read);

    public static IReadOnlyList<DetectorThresholdsDto> All => Book.Value;

    private static IReadOnlyList<DetectorThresholdsDto> Read()
    {
        var words = Words();
        var defaults = new AnalyzerOptions();
        var detectors = new List<DetectorThresholdsDto>();
        foreach (var detector in typeof(AnalyzerOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (detector.GetValue(defaults) is not { } options) continue;
            var summary = words.GetValueOrDefault($"T:{detector.PropertyType.FullName}", new XElement("summary"));
            var thresholds = detector.PropertyType.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(threshold => AnalyzerOptionsJson.IsNumber(threshold.PropertyType))
                .Select(threshold =>
                {
                    var standard = Convert.ToDouble(threshold.GetValue(options), CultureInfo.InvariantCulture);
                    var whole = threshold.PropertyType != typeof(double);
                    var (least, most) = AnalyzerOptionsJson.LimitsOf(standard, whole);
                    return new ThresholdDto(Name(threshold.Name), Text(words.GetValueOrDefault($"P:{detector.PropertyType.FullName}.{threshold.Name}")), standard, least, most, whole);
                });
            var conditions = summary.Elements("c").Select(word => word.Value).Where(word => Conditions.Find(word) is not null);
            detectors.Add(new DetectorThresholdsDto(Name(detector.Name), Text(summary), [.. conditions.Distinct()], [.. thresholds]));
        }

        return [.. detectors.Where(detector => detector.Thresholds.Count > 0)];
    }

    /// <summary>The summaries that the compiler wrote beside the assembly; none where they were left out.</summary>
    private static Dictionary<string, XElement> Words()
    {
        var file = Path.ChangeExtension(typeof(AnalyzerOptions).Assembly.Location, ".xml");
        return File.Exists(file)
            ? XDocument.Load(file).Descendants("member").Where(member => member.Element("summary") is not null).ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!)
            : [];
    }

    private static string Name(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    private static string Text(XElement? summary)
    {
        var text = new StringBuilder();
        foreach (var node in summary?.Nodes() ?? [])
        {
            text.Append(node switch
            {
                XText plain => plain.Value,
                XElement { IsEmpty: true } reference => (reference.Attribute("cref") ?? reference.Attribute("name") ?? reference.Attribute("langword"))?.Value.Split('.', ':')[^1],
                XElement element => element.Value,
                _ => "",
            });
        }

        return string.Join(' ', text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}

/// <summary>The thresholds of one detector.</summary>
/// <param name="Detector" example="clipping">Its name in options.</param>
/// <param name="Summary" example="Thresholds of clip-over-50 and clip-over-80.">What they are.</param>
/// <param name="Conditions">Conditions that they decide on.</param>
/// <param name="Thresholds">The thresholds.</param>
public sealed record DetectorThresholdsDto(string Detector, string Summary, IReadOnlyList<string> Conditions, IReadOnlyList<ThresholdDto> Thresholds);

/// <summary>One threshold.</summary>
/// <param name="Name" example="often">Its name in options.</param>
/// <param name="Summary" example="Share of clipped steps above which clip-over-50 is raised. Default 0.5.">What it means, its unit, its source.</param>
/// <param name="Default" example="0.5">Its value where nothing is set.</param>
/// <param name="Least" example="0">Least value that is taken.</param>
/// <param name="Most" example="500">Greatest value that is taken.</param>
/// <param name="Whole" example="false">Whether it is a whole number: a count.</param>
public sealed record ThresholdDto(string Name, string Summary, double Default, double Least, double Most, bool Whole);
