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
        ("warmupSteps", ["warmupsteps", "numwarmupsteps", "warmupiters", "warmup"]),
        ("warmupShare", ["warmupratio", "warmupfraction", "warmupproportion", "pctstart"]),
        ("length", ["seqlen", "sequencelength", "maxseqlen", "maxseqlength", "blocksize", "contextlength", "contextwindow", "nctx", "maxlength"]),
        ("memory", ["gpumemorygb", "gpumemgb", "vramgb"]),
        ("fineTune", ["finetune", "finetuning", "pretrained", "frompretrained", "initfrom", "pretrainedmodel", "lora", "modelnameorpath", "basemodel"]),
        ("frozen", ["frozen", "freeze", "frozenlayers", "freezelayers", "frozenparams"]),
        ("accumulation", ["gradientaccumulationsteps", "accumulategradbatches", "gradaccum", "accumulationsteps", "gradaccumsteps"]),
        ("clipKind", ["gradientclipalgorithm"]),
    ];

    private const string RolesKey = "tracker.roles.";

    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _roles = new(StringComparer.Ordinal);

    /// <summary>The threshold of the gradient norm's clipping, or null where there is none.</summary>
    public double? ClipThreshold { get; private set; }

    public double? Classes { get; private set; }

    public long? TotalSteps { get; private set; }

    public double? LearningRate { get; private set; }

    public string Precision { get; private set; } = "";

    public long? Epochs { get; private set; }

    public long? StepsPerEpoch { get; private set; }

    public double? BatchSize { get; private set; }

    public double? WeightDecay { get; private set; }

    /// <summary>Lower case; empty where the config does not say.</summary>
    public string Optimizer { get; private set; } = "";

    /// <summary>Lower case; empty where the config does not say.</summary>
    public string Schedule { get; private set; } = "";

    public string Model { get; private set; } = "";

    public string Task { get; private set; } = "";

    /// <summary>Warm-up in steps, from the number of steps or the share of the run; 0 where the config says that there is none.</summary>
    public double? WarmupSteps { get; private set; }

    /// <summary>Tokens of a sequence, for attention.</summary>
    public double? SequenceLength { get; private set; }

    /// <summary>Memory of a device in GB.</summary>
    public double? DeviceMemory { get; private set; }

    /// <summary>The config names a model to start from, or says fine-tuning.</summary>
    public bool IsFineTune { get; private set; }

    /// <summary>The config freezes layers on purpose; which ones, where it says.</summary>
    public string Frozen { get; private set; } = "";

    /// <summary>The optimizer is of Adam's kin, so that gradients are scaled by their own size.</summary>
    public bool IsAdaptive => Has(Optimizer, "adam") || Has(Optimizer, "lion") || Has(Optimizer, "rmsprop") || Has(Optimizer, "adagrad") || Has(Optimizer, "adafactor") || Has(Optimizer, "lamb");

    /// <summary>The model is built of attention.</summary>
    public bool IsTransformer => Has(Model, "gpt") || Has(Model, "bert") || Has(Model, "transformer") || Has(Model, "vit") || Has(Model, "llama") || Has(Model, "t5") || Has(Model, "attention");

    /// <summary>Roles that the config sets by hand, <c>tracker.roles: {"my/series": "val/loss"}</c>; "none" takes a series out.</summary>
    public string? RoleOf(string series) => _roles.GetValueOrDefault(series);

    /// <summary>Counts changes of the roles set by hand.</summary>
    public int RolesVersion { get; private set; }

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
            if (document.RootElement.ValueKind != JsonValueKind.Object) return;
            Read(document.RootElement, "", 0);
            ReadRoles(document.RootElement, "", 0);
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
        }
        else
        {
            Write(s, _values);
        }
        var roles = _roles.Count;
        s.Sync(ref roles);
        if (!s.IsLoading) Write(s, _roles);
        else for (var i = 0; i < roles; i++) _roles[s.SyncText("")] = s.SyncText("");
    }

    private static void Write(StateStream s, SortedDictionary<string, string> texts)
    {
        foreach (var (key, value) in texts)
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
        Epochs = Whole("epochs");
        StepsPerEpoch = Whole("epochSteps");
        BatchSize = Positive("batch");
        WeightDecay = Number("decay") is >= 0 and var decay ? decay : null;
        (Optimizer, Schedule, Model, Task) = (Text("optimizer"), Text("schedule"), Text("model"), Text("task"));
        var share = Number("warmupShare");
        WarmupSteps = Number("warmupSteps") is >= 1 and var warmup ? warmup
            : share is > 0 and < 1 && TotalSteps is { } all ? share * all
            : Number("warmupSteps") ?? (share is 0 ? 0 : null);
        SequenceLength = Positive("length");
        DeviceMemory = Positive("memory");
        IsFineTune = Text("fineTune") is not ("" or "false" or "none" or "scratch" or "no") || Has(Task, "finetun") || Has(Task, "fine-tun");
        Frozen = Text("frozen");
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
                case JsonValueKind.True: Keep(full, "true"); break;
                case JsonValueKind.Null or JsonValueKind.False: Keep(full, ""); break;
            }
        }
    }

    /// <summary>The paths below <c>tracker.roles</c>, nested or dotted, are names of series and stay as they are written.</summary>
    private void ReadRoles(JsonElement parent, string path, int level)
    {
        foreach (var property in parent.EnumerateObject())
        {
            var full = path.Length == 0 ? property.Name : path + "." + property.Name;
            var inside = full.StartsWith(RolesKey, StringComparison.OrdinalIgnoreCase);
            if (property.Value.ValueKind == JsonValueKind.Object && level < DeepestLevel
                && (inside || RolesKey.StartsWith(full + ".", StringComparison.OrdinalIgnoreCase)))
            {
                ReadRoles(property.Value, full, level + 1);
            }
            else if (inside && property.Value.ValueKind == JsonValueKind.String && _roles.GetValueOrDefault(full[RolesKey.Length..]) != property.Value.GetString())
            {
                _roles[full[RolesKey.Length..]] = property.Value.GetString()!;
                RolesVersion++;
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

    private double? Positive(string hint) => Number(hint) is > 0 and var value ? value : null;

    private double? Number(string hint) =>
        double.TryParse(Text(hint), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

    private long? Whole(string hint) => Positive(hint) is >= 1 and < 1e15 and var value ? (long)value : null;
}
