using Npgsql;
using Tracker.Core.Alerts.Rules;

namespace Tracker.Api.Alerts;

/// <summary>The rules of all projects in memory, read anew every second and when one is changed on this node: followers ask for each batch.</summary>
public sealed partial class RuleBook(RuleStore store, TimeProvider time, ILogger<RuleBook> log) : BackgroundService
{
    /// <summary>Id of the rule that stops runs whose loss is not finite; nobody can take it.</summary>
    public const string NanRule = "stop-nan";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim reading = new(1, 1);

    private volatile Page page = new([], [], []);

    private sealed record Page(Dictionary<long, IReadOnlyList<StoredRule>> Rules, Dictionary<long, IReadOnlyList<ActiveRule>> Active, Dictionary<long, StopRules> Stops);

    /// <summary>The enabled rules of a project.</summary>
    public IReadOnlyList<StoredRule> Of(long projectKey) => page.Rules.GetValueOrDefault(projectKey) ?? [];

    /// <summary>The rules that a run of the project is folded through, its stop rule for NaN among them.</summary>
    public IReadOnlyList<ActiveRule> ActiveOf(long projectKey) => page.Active.GetValueOrDefault(projectKey) ?? [];

    public StopRules StopsOf(long projectKey) => page.Stops.GetValueOrDefault(projectKey) ?? new StopRules();

    /// <summary>Projects whose runs a diagnosis of divergence stops.</summary>
    public IReadOnlyList<long> StopOnDivergence => [.. page.Stops.Where(entry => entry.Value.Divergence).Select(entry => entry.Key)];

    /// <summary>All enabled rules.</summary>
    public IEnumerable<StoredRule> All => page.Rules.Values.SelectMany(rules => rules);

    public async Task ReadAsync(CancellationToken cancel)
    {
        await reading.WaitAsync(cancel);
        try
        {
            var stops = await store.StopRulesAsync(cancel);
            var rules = (await store.RulesAsync(null, cancel)).Where(rule => rule is { Enabled: true, Parsed: not null }).GroupBy(rule => rule.ProjectKey)
                .ToDictionary(group => group.Key, group => (IReadOnlyList<StoredRule>)[.. group]);
            var active = new Dictionary<long, IReadOnlyList<ActiveRule>>();
            foreach (var project in rules.Keys.Union(stops.Keys))
            {
                List<ActiveRule> list = [.. (rules.GetValueOrDefault(project) ?? []).Select(rule => new ActiveRule(rule.Id, rule.Version, rule.Parsed!))];
                if (stops.GetValueOrDefault(project)?.NanSteps is { } steps)
                {
                    // From the first such point to the last are one step less than there are.
                    list.Add(new ActiveRule(NanRule, 1, new ThresholdRule { Series = "train/loss", Measure = RuleMeasure.NonFinite, Threshold = 0.5, ForSteps = steps - 1 }));
                }

                active[project] = list;
            }

            page = new Page(rules, active, stops);
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>Read before the followers start: a run that is taken up finds its rules.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryReadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TryReadAsync(stoppingToken);
        }
    }

    private async Task TryReadAsync(CancellationToken cancel)
    {
        try
        {
            await ReadAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
        catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
        {
            LogNotRead(error.Message);
        }
    }

    public override void Dispose()
    {
        reading.Dispose();
        base.Dispose();
    }

    [LoggerMessage(5030, LogLevel.Warning, "Rules are read again in a moment: {Reason}")]
    private partial void LogNotRead(string reason);
}
