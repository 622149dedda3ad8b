using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>ddp-divergence</c>.</summary>
public sealed record RankDivergenceOptions
{
    /// <summary>Losses of two ranks that differ by less than this part are the same. Default 1e-7.</summary>
    public double Same { get; init; } = 1e-7;

    /// <summary>Points in a row that must be the same. Default 50.</summary>
    public int Points { get; init; } = 50;

    /// <summary>Parameter norms of two ranks that began equal and differ by more than this part have drifted. Default 1e-3.</summary>
    public double Drift { get; init; } = 1e-3;

    /// <summary>Points in a row that must differ. Default 20.</summary>
    public int DriftPoints { get; init; } = 20;

    /// <summary>Steps at which the hashes of two ranks' data must be the same. Default 3.</summary>
    public int Hashes { get; init; } = 3;
}

/// <summary>
/// Ranks of one training: they must see different data and hold the same parameters. Read from <c>rank&lt;r&gt;/…</c> series beside
/// those of rank 0, and from hashes that ranks log.
/// </summary>
internal sealed class RankDivergence(RankDivergenceOptions options) : Detector
{
    public const string Id = "ddp-divergence";
    private const int MostRanks = 16;
    private const int Kept = 128;

    // By kind and rank; rank 0 is kept too, since the points of a step come from each rank in a batch of its own, in any order.
    private readonly SortedDictionary<int, Member> _losses = [];
    private readonly SortedDictionary<int, Member> _norms = [];
    private readonly SortedDictionary<int, Hashes> _hashes = [];
    private bool _sameLoss;
    private bool _sameData;
    private bool _drifted;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        // Until a second rank shows up, one comparison and a ring is what this costs.
        if (!double.IsFinite(point.Value)) return;
        var loss = series.Role!.Kind == RoleKind.TrainLoss;
        var members = loss ? _losses : _norms;
        var rank = series.Role.Rank;
        if (!members.TryGetValue(rank, out var own))
        {
            if (members.Count >= MostRanks) return;
            members.Add(rank, own = new Member(series.Name));
        }
        if (own.Name != series.Name) return;
        own.Points.Add(point.Step, point.Value);
        if (rank > 0) Compare(run, loss, own, members.GetValueOrDefault(0), point);
        else if (members.Count > 1)
        {
            foreach (var (other, member) in members)
            {
                if (other > 0) Compare(run, loss, member, own, point);
            }
        }
    }

    public override void Notice(RunContext run, Happening happening)
    {
        if (happening.Kind != "probe" || happening.Name.Replace('_', '-') != "rank-hash" || happening.Whole("rank") is not (>= 0 and < 4096 and var rank)) return;
        var mine = new Hashes(happening.Step, happening.Text("data") ?? "", happening.Text("params") ?? "", _hashes.GetValueOrDefault((int)rank).SameData);
        foreach (var (other, theirs) in _hashes)
        {
            if (other == rank || theirs.Step != happening.Step) continue;
            if (mine.Params.Length > 0 && theirs.Params.Length > 0 && mine.Params != theirs.Params && !_drifted)
            {
                _drifted = true;
                Raise(run, happening.Step, happening.Step, Severity.High, "probe/rank-hash", $"Ranks {Math.Min(other, rank)} and {Math.Max(other, rank)} hold different parameters",
                    $"At step {happening.Step} the hashes of the parameters of ranks {other} and {rank} differ: gradients are not averaged, or a rank was not wrapped.", "ranks with parameters of their own", 1, 0);
            }
            if (mine.Data.Length == 0 || theirs.Data.Length == 0) continue;
            mine = mine with { SameData = mine.Data == theirs.Data ? mine.SameData + 1 : 0 };
            if (mine.SameData < options.Hashes || _sameData) continue;
            _sameData = true;
            Raise(run, happening.Step, happening.Step, Severity.High, "probe/rank-hash", $"Ranks {Math.Min(other, rank)} and {Math.Max(other, rank)} read the same data",
                $"The hashes of the batches of ranks {other} and {rank} were the same {mine.SameData} times in a row: use a distributed sampler, and call set_epoch at every epoch.", "batches with the same hash", mine.SameData, options.Hashes);
        }
        if (_hashes.Count < MostRanks || _hashes.ContainsKey((int)rank)) _hashes[(int)rank] = mine;
    }

    public override void Sync(StateStream s)
    {
        Sync(s, _losses);
        Sync(s, _norms);
        var count = _hashes.Count;
        s.Sync(ref count);
        var ranks = _hashes.Keys.ToArray();
        for (var i = 0; i < count; i++)
        {
            var rank = s.IsLoading ? 0 : ranks[i];
            s.Sync(ref rank);
            var (step, data, parameters, same) = s.IsLoading ? new Hashes(0, "", "", 0) : _hashes[rank];
            s.Sync(ref step);
            s.Sync(ref same);
            _hashes[rank] = new Hashes(step, s.SyncText(data), s.SyncText(parameters), same);
        }
        s.Sync(ref _sameLoss);
        s.Sync(ref _sameData);
        s.Sync(ref _drifted);
    }

    private static void Sync(StateStream s, SortedDictionary<int, Member> members)
    {
        var count = members.Count;
        s.Sync(ref count);
        var ranks = members.Keys.ToArray();
        for (var i = 0; i < count; i++)
        {
            var rank = s.IsLoading ? 0 : ranks[i];
            s.Sync(ref rank);
            var name = s.SyncText(s.IsLoading ? "" : members[rank].Name);
            if (s.IsLoading) members[rank] = new Member(name);
            members[rank].Sync(s);
        }
    }

    /// <summary>Whichever of the two points of a step comes second finds the first.</summary>
    private void Compare(RunContext run, bool loss, Member member, Member? zero, in Point point)
    {
        if (zero is null || member.Points.Find(point.Step) is not { } theirs || zero.Points.Find(point.Step) is not { } ours) return;
        if (loss) CompareLoss(run, member, zero, point.Step, theirs, ours);
        else CompareNorm(run, member, zero, point.Step, theirs, ours);
    }

    private void CompareLoss(RunContext run, Member member, Member zero, long step, double theirs, double ours)
    {
        var same = Math.Abs(theirs - ours) <= options.Same * Math.Max(Math.Abs(theirs), Math.Abs(ours));
        // A loss that stands still is the same everywhere, and proves nothing.
        if (same && theirs == member.Last) return;
        member.Last = theirs;
        if (!same)
        {
            member.Streak = 0;
            if (_sameLoss) run.Signals.Clear(Id, member.Name);
            _sameLoss = false;
            return;
        }
        if (member.Streak++ == 0) member.Since = step;
        if (member.Streak != options.Points || _sameLoss) return;
        _sameLoss = true;
        Raise(run, step, member.Since, Severity.Warn, member.Name, "Ranks have the same loss, bit for bit",
            $"{member.Name} and {zero.Name} are the same in {options.Points} points in a row: either every rank reads the same data, so that all but one work in vain, or what is logged is already the mean over ranks (then log each rank's own).",
            "points in a row with the same loss", member.Streak, options.Points);
    }

    private void CompareNorm(RunContext run, Member member, Member zero, long step, double theirs, double ours)
    {
        var apart = Math.Abs(theirs - ours) / Math.Max(Math.Abs(ours), 1e-12);
        // Sharded models have norms of their own from the start; copies begin equal.
        if (double.IsNaN(member.Last)) member.Last = apart <= 1e-5 ? 1 : 0;
        if (member.Last == 0) return;
        if (apart <= options.Drift)
        {
            member.Streak = 0;
            return;
        }
        if (member.Streak++ == 0) member.Since = step;
        if (member.Streak != options.DriftPoints || _drifted) return;
        _drifted = true;
        Raise(run, step, member.Since, Severity.High, member.Name, "The parameters of the ranks drift apart",
            $"{member.Name} and {zero.Name} began equal and differ by {Numbers.Percent(apart)} since step {member.Since}: gradients are not averaged over the ranks.", "relative difference of the parameter norms", apart, options.Drift);
    }

    private static void Raise(RunContext run, long step, long onset, Severity severity, string series, string title, string summary, string statistic, double value, double threshold) =>
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = severity,
            Series = series,
            Step = step,
            OnsetStep = onset,
            Title = title,
            Summary = summary,
            Evidence = [new Evidence(series, onset, step, statistic, Numbers.Round6(value), threshold)],
        });

    private readonly record struct Hashes(long Step, string Data, string Params, long SameData);

    private sealed class Member(string name)
    {
        private double _last = double.NaN;
        private long _streak;
        private long _since;

        public string Name => name;

        public Tail Points { get; } = new(Kept);

        /// <summary>Of a loss the last value compared; of a norm 1 where it began equal to rank 0's, else 0.</summary>
        public double Last { get => _last; set => _last = value; }

        public long Streak { get => _streak; set => _streak = value; }

        public long Since { get => _since; set => _since = value; }

        public void Sync(StateStream s)
        {
            Points.Sync(s);
            s.Sync(ref _last);
            s.Sync(ref _streak);
            s.Sync(ref _since);
        }
    }
}
