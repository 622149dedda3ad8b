namespace Tracker.Client.Probes;

/// <summary>How the mode of a model is set and read, whatever the library.</summary>
/// <param name="Set">Puts the whole model into training mode (true) or evaluation mode (false).</param>
/// <param name="IsTraining">Modes of the model and of its modules, the model's first.</param>
public sealed record ModelMode(Action<bool> Set, Func<IEnumerable<bool>> IsTraining);

/// <summary>
/// Puts a model into a mode for as long as it lives, checks that every module follows, and puts the model back: so that a training never goes on in
/// evaluation mode, nor an evaluation in training mode. Logs <c>mode</c>.
/// </summary>
public readonly struct ModeScope : IDisposable, IEquatable<ModeScope>
{
    private readonly ModelMode _model;
    private readonly bool _before;

    private ModeScope(ModelMode model, bool before) => (_model, _before) = (model, before);

    /// <summary>Training mode until it is disposed.</summary>
    /// <param name="run">Gets the event; null: nothing is logged.</param>
    /// <param name="model">Its mode.</param>
    /// <param name="step">Number of the optimizer step.</param>
    /// <exception cref="InvalidOperationException">A module stays in evaluation mode.</exception>
    public static ModeScope Train(TrackerRun? run, ModelMode model, long? step = null) => Enter(run, model, step, isTraining: true, null);

    /// <summary>Evaluation mode until it is disposed.</summary>
    /// <param name="run">Gets the event; null: nothing is logged.</param>
    /// <param name="model">Its mode.</param>
    /// <param name="step">Number of the optimizer step.</param>
    /// <param name="recordsGradients">Whether the library records gradients now, which an evaluation does not need; null: not known.</param>
    /// <exception cref="InvalidOperationException">A module stays in training mode.</exception>
    public static ModeScope Evaluate(TrackerRun? run, ModelMode model, long? step = null, bool? recordsGradients = null) => Enter(run, model, step, isTraining: false, recordsGradients);

    /// <summary>Puts the model back into the mode that it was in.</summary>
    public void Dispose() => _model?.Set(_before);

    /// <inheritdoc/>
    public bool Equals(ModeScope other) => ReferenceEquals(_model, other._model) && _before == other._before;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ModeScope other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_model, _before);

    /// <summary>Whether both restore the same.</summary>
    public static bool operator ==(ModeScope left, ModeScope right) => left.Equals(right);

    /// <summary>Whether they restore different things.</summary>
    public static bool operator !=(ModeScope left, ModeScope right) => !left.Equals(right);

    private static ModeScope Enter(TrackerRun? run, ModelMode model, long? step, bool isTraining, bool? recordsGradients)
    {
        ArgumentNullException.ThrowIfNull(model);
        var scope = new ModeScope(model, model.IsTraining().FirstOrDefault(true));
        model.Set(isTraining);
        var wrong = model.IsTraining().Count(mode => mode != isTraining);
        run.LogProbe("mode", step, ("during", isTraining ? "train" : "eval"), ("training", isTraining == (wrong == 0)), ("modules", wrong), ("grad_enabled", recordsGradients));
        if (wrong == 0) return scope;
        scope.Dispose();
        throw new InvalidOperationException($"{wrong} modules did not go into {(isTraining ? "training" : "evaluation")} mode.");
    }
}
