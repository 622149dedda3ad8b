using System.Globalization;
using System.Text.Json;

namespace Tracker.Core.Diagnosis.Engine;

/// <summary>
/// What the run's config says of things that detectors ask for. Keys may be nested or dotted and are compared without case and separators;
/// a later config event overrides an earlier one, key by key.
/// </summary>
internal sealed class ConfigHints
{
    private const int DeepestLevel = 8;

    // Each hint and the keys that give it, the canonical one first. A dotted alias must match the end of the whole path.
    private static readonly (string Hint, string[] Keys)[] Known =
    [
        ("clip", ["maxgradnorm", "clipnorm", "maxnorm", "gradientclipval", "gradclip", "gradclipnorm", "clipgradnorm", "globalclipnorm", "clip"]),
        ("schedule", ["schedule", "lrscheduler", "lrschedulertype", "scheduler", "lrschedule"]),
        ("classes", ["numclasses", "nclasses", "classes", "numlabels"]),
        ("total", ["totalsteps", "maxsteps", "numsteps", "trainsteps", "numtrainingsteps"]),
        ("epochSteps", ["stepsperepoch", "batchesperepoch"]),
        ("epochs", ["epochs", "numepochs", "maxepochs", "numtrainepochs"]),
        ("batch", ["batchsize", "trainbatchsize", "perdevicetrainbatchsize"]),
        ("optimizer", ["optimizer", "optim", "optimizername", "optimizer.name", "optimizer.type"]),
        ("precision", ["precision", "dtype", "mixedprecision"]),
        ("decay", ["weightdecay", "wd"]),
        ("rate", ["lr", "learningrate", "baselr", "peaklr", "maxlr"]),
        ("loss", ["loss", "lossfunction", "lossfn", "criterion", "objective"]),
        ("model", ["model", "modelname", "arch", "architecture", "model.name", "model.type"]),
        ("task", ["task", "taskkind", "tasktype"]),
    ];

    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>The threshold of the gradient norm's clipping, or null where there is none.</summary>
    public double? ClipThreshold { get; private set; }

    public double? Classes { get; private set; }

    public long? TotalSteps { get; private set; }

    public double? LearningRate { get; private set; }

    public string Precision { get; private set; } = "";

    /// <summary>Whether the loss may be a cross-entropy, so that chance is log(classes): true too where the config does not say.</summary>
    public bool MayBeCrossEntropy { get; private set; } = true;

    /// <summary>Whether a part of the model is trained against another, or by rewards: then flat or rising losses mean nothing.</summary>
    public bool IsAdversarial { get; private set; }

    /// <summary>Takes a config, a JSON object as text. What is not an object, or not JSON, is ignored.</summary>
    public void Read(string? json)
    {
        if (string.IsNullOrEmpty(json)) return;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object) Read(document.RootElement, "", 0);
            Interpret();
        }
        catch (JsonException)
        {
            // A config that cannot be read gives no hints; the detectors do without.
        }
    }

    public void Sync(StateStream s)
    {
        var count = _values.Count;
        s.Sync(ref count);
        if (s.IsLoading)
        {
            for (var i = 0; i < count; i++) _values[s.SyncText("")] = s.SyncText("");
            Interpret();
            return;
        }
        foreach (var (key, value) in _values)
        {
            s.SyncText(key);
            s.SyncText(value);
        }
    }

    /// <summary>Detectors ask at every point, so the texts are read once.</summary>
    private void Interpret()
    {
        ClipThreshold = Positive("clip");
        Classes = Positive("classes") is >= 2 and var classes ? classes : null;
        TotalSteps = Whole("total") ?? (Whole("epochs") is { } epochs && Whole("epochSteps") is { } steps ? epochs * steps : null);
        LearningRate = Positive("rate");
        Precision = Text("precision");
        var loss = Text("loss");
        MayBeCrossEntropy = loss.Length == 0 || loss is "ce" or "nll" || Has(loss, "cross") || Has(loss, "softmax");
        var words = Text("task") + " " + loss + " " + Text("model");
        IsAdversarial = Text("task") is "rl" || (Has(words, "gan") && !Has(words, "organ"))
            || Has(words, "adversarial") || Has(words, "policy") || Has(words, "ppo") || Has(words, "reinforce");
    }

    private static bool Has(string text, string word) => text.Contains(word, StringComparison.Ordinal);

    private void Read(JsonElement parent, string path, int level)
    {
        foreach (var property in parent.EnumerateObject())
        {
            // A dotted key is read like nested objects.
            var full = path.Length == 0 ? Plain(property.Name) : path + "." + Plain(property.Name);
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Object when level < DeepestLevel: Read(property.Value, full, level + 1); break;
                case JsonValueKind.Number: Keep(full, property.Value.GetRawText()); break;
                case JsonValueKind.String: Keep(full, property.Value.GetString()!.ToLowerInvariant()); break;
                case JsonValueKind.Null or JsonValueKind.False: Keep(full, ""); break;
            }
        }
    }

    private void Keep(string path, string value)
    {
        if (value.Length > 100) return;
        foreach (var (hint, keys) in Known)
        {
            foreach (var key in keys)
            {
                if (path == key || path.EndsWith("." + key, StringComparison.Ordinal)) _values[hint] = value;
            }
        }
    }

    private static string Plain(string key) => key.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    private string Text(string hint) => _values.GetValueOrDefault(hint, "");

    private double? Positive(string hint) =>
        double.TryParse(Text(hint), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 && double.IsFinite(value) ? value : null;

    private long? Whole(string hint) => Positive(hint) is >= 1 and < 1e15 and var value ? (long)value : null;
}
