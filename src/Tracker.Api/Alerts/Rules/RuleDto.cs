namespace Tracker.Api.Alerts;

/// <summary>A threshold rule of a project.</summary>
public sealed record RuleDto
{
    /// <summary>Its id.</summary>
    /// <example>rule-3f9k2m1x0a</example>
    public required string Id { get; init; }

    /// <summary>The project.</summary>
    /// <example>digits</example>
    public required string Project { get; init; }

    /// <summary>Its name.</summary>
    /// <example>accuracy collapsed</example>
    public required string Name { get; init; }

    /// <summary>What it says.</summary>
    /// <example>val/accuracy &lt; 0.1 for 5 points after step 1000</example>
    public required string Expression { get; init; }

    /// <summary>Severity of its alerts.</summary>
    /// <example>high</example>
    public required string Severity { get; init; }

    /// <summary>Whether it is looked at.</summary>
    /// <example>true</example>
    public required bool Enabled { get; init; }

    /// <summary>Whether it asks the run to stop.</summary>
    /// <example>false</example>
    public required bool Stop { get; init; }

    /// <summary>When it was made.</summary>
    /// <example>2026-11-22T10:00:00Z</example>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Makes or changes a rule; what is absent stays.</summary>
public sealed record RuleRequest
{
    /// <summary>1–128 characters; default: the expression.</summary>
    /// <example>accuracy collapsed</example>
    public string? Name { get; init; }

    /// <summary>At most 500 characters of the language in docs/alerts.md.</summary>
    /// <example>val/accuracy &lt; 0.1 for 5 points after step 1000</example>
    public string? Expression { get; init; }

    /// <summary><c>info</c>, <c>warn</c> (default), <c>high</c> or <c>crit</c>.</summary>
    /// <example>high</example>
    public string? Severity { get; init; }

    /// <summary>Default: true.</summary>
    /// <example>true</example>
    public bool? Enabled { get; init; }

    /// <summary>Asks the run to stop when the rule holds. Default: false.</summary>
    /// <example>false</example>
    public bool? Stop { get; init; }
}

/// <summary>Tries a rule on stored runs.</summary>
/// <param name="Expression" example="change(train/loss, 200) > 50%">The rule.</param>
/// <param name="Limit" example="20">Runs, the newest first; 1–100, default 20.</param>
public sealed record PreviewRequest(string? Expression, int? Limit);

/// <summary>What a rule would have said in one run.</summary>
/// <param name="Run" example="digits-lr10-a1">Id of the run.</param>
/// <param name="Name" example="lr-10">Its name.</param>
/// <param name="State" example="finished">Its state.</param>
/// <param name="Points" example="4000">Points of the series.</param>
/// <param name="Raised">When it would have been raised, at most 50 times.</param>
public sealed record PreviewRunDto(string Run, string Name, string State, long Points, IReadOnlyList<PreviewEventDto> Raised);

/// <summary>One alert of a preview.</summary>
/// <param name="Series" example="train/loss">The series.</param>
/// <param name="OnsetStep" example="1200">The first of the points in a row.</param>
/// <param name="Step" example="1204">Step at which it is raised.</param>
/// <param name="EndStep" example="1400">Step at which it is over; null while it is not.</param>
/// <param name="Value" example="0.08">The measure when it was raised.</param>
public sealed record PreviewEventDto(string Series, long OnsetStep, long Step, long? EndStep, double Value);

/// <summary>What a rule would have said.</summary>
/// <param name="Runs">The runs that were tried, the newest first.</param>
/// <param name="Firing" example="3">How many of them it would have spoken in.</param>
/// <param name="Skipped" example="0">Runs left out because their points were thinned.</param>
public sealed record PreviewDto(IReadOnlyList<PreviewRunDto> Runs, int Firing, int Skipped);

/// <summary>Who gets what of a project's alerts.</summary>
public sealed record RouteDto
{
    /// <summary>Its id; made by the server.</summary>
    /// <example>route-3f9k2m1x0a</example>
    public string? Id { get; init; }

    /// <summary>The project; null: all projects.</summary>
    /// <example>digits</example>
    public string? Project { get; init; }

    /// <summary>1–128 characters.</summary>
    /// <example>critical to on-call</example>
    public string? Name { get; init; }

    /// <summary>Default: true.</summary>
    /// <example>true</example>
    public bool? Enabled { get; init; }

    /// <summary>Which alerts it takes.</summary>
    public RouteMatch? Match { get; init; }

    /// <summary>Ids of channels, at least one.</summary>
    /// <example>["slack"]</example>
    public IReadOnlyList<string>? Channels { get; init; }
}

/// <summary>GPU time that stops have saved.</summary>
/// <param name="Project" example="digits">The project.</param>
/// <param name="Hours" example="41.5">Hours not burned, estimated; runs without enough to estimate from count as 0.</param>
/// <param name="StoppedRuns" example="3">Runs that were asked to stop.</param>
/// <param name="Runs">Each of them, the latest first, at most 100.</param>
public sealed record SavingsDto(string Project, double Hours, int StoppedRuns, IReadOnlyList<SavedRunDto> Runs);

/// <summary>What stopping one run has saved: (planned seconds − seconds used) × devices / 3600.</summary>
/// <param name="Run" example="digits-lr10-a1">Id of the run.</param>
/// <param name="Name" example="lr-10">Its name.</param>
/// <param name="StoppedAt" example="2026-11-22T10:00:00Z">When it was asked to stop.</param>
/// <param name="By" example="rule: stop on NaN">Who asked.</param>
/// <param name="Hours" example="12.3">Device hours; null when there is nothing to estimate from.</param>
/// <param name="Devices" example="8">Devices: the config's <c>gpus</c> (also <c>num_gpus</c>, <c>world_size</c>), else 1.</param>
/// <param name="UsedSeconds" example="1200">From the run's creation to its end.</param>
/// <param name="PlannedSeconds" example="36000">Time used × total steps / steps done, else the median of the project's finished runs.</param>
/// <param name="Basis" example="total_steps"><c>total_steps</c>, <c>median of finished runs</c> or <c>none</c>.</param>
public sealed record SavedRunDto(string Run, string Name, DateTimeOffset? StoppedAt, string By, double? Hours, double Devices, double UsedSeconds, double? PlannedSeconds, string Basis);
