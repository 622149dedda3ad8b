"""Can it learn at all: one batch by heart, one step downhill, a good rate, a gradient for every parameter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable, Iterable, List, Mapping, Optional, Sequence

from ._arrays import facts, whole
from ._report import is_model, is_tensor, report, torch_or_none
from ._state import loss_of, restored, to_device

LEARNT_SHARE = 0.05


@dataclass
class Overfit:
    """losses: of every step. passed: the last one is below `target`, or at most 5 % of the first. True where it passed."""

    losses: List[float]
    passed: bool

    def __bool__(self) -> bool:
        return self.passed


def overfit_one_batch(
    model: Any = None, loss_fn: Any = None, batch: Any = None, steps: int = 500, lr: float = 1e-3, target: float = 0.01,
    step_fn: Optional[Callable[[], float]] = None, optimizer: Any = None, step: Optional[int] = None, run: Any = None, samples: Optional[int] = None,
) -> Overfit:
    """Trains on one batch alone until its loss is below `target`: a sound model, loss and loop can learn it by heart. Event `overfit-one-batch`.

    Passed: the loss ended below `target`, or below 5 % of where it began.

    With PyTorch: model, loss_fn(output, targets) and batch (inputs, targets); by Adam with `lr`, or by `optimizer(parameters)` where one is given.
    The model is afterwards as it was. With anything else: step_fn, which trains one step on the batch and gives the loss; what it trains stays trained.
    """
    losses: List[float] = []

    def run_steps(one: Callable[[], float]) -> None:
        while len(losses) < steps:
            losses.append(float(one()))
            if not math.isfinite(losses[-1]) or losses[-1] < target:
                return

    if step_fn is not None:
        run_steps(step_fn)
    else:
        torch = torch_or_none()
        batch = to_device(model, batch)
        with restored(model), torch.enable_grad():
            model.train()
            parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
            trainer = optimizer(parameters) if optimizer is not None else torch.optim.Adam(parameters, lr=lr)

            def one() -> float:
                trainer.zero_grad()
                loss = loss_of(model, loss_fn, batch)
                loss.backward()
                trainer.step()
                return float(loss)

            run_steps(one)
        samples = len(batch[1]) if samples is None and not isinstance(batch, dict) and hasattr(batch[1], "__len__") else samples
    passed = bool(losses) and (losses[-1] < target or losses[-1] <= LEARNT_SHARE * losses[0])
    data = {"start": losses[0] if losses else math.nan, "end": losses[-1] if losses else math.nan, "steps": len(losses), "passed": passed,
            "losses": losses}
    if samples is not None:
        data["samples"] = samples
    report(run, "overfit-one-batch", data, step)
    return Overfit(losses, passed)


def first_step(
    model: Any = None, optimizer: Any = None, loss_fn: Any = None, batch: Any = None, loss: Optional[Callable[[], float]] = None,
    step_fn: Optional[Callable[[], Any]] = None, step: Optional[int] = None, run: Any = None,
) -> bool:
    """Whether one optimizer step on a batch lowers the loss of that batch. Event `first-step`.

    With PyTorch everything is afterwards as it was. With anything else: loss() gives the batch's loss, step_fn() takes the step.
    """
    if loss is not None and step_fn is not None:
        before = float(loss())
        step_fn()
        after = float(loss())
    else:
        torch = torch_or_none()
        batch = to_device(model, batch)
        with restored(model, optimizer), torch.enable_grad():
            model.train()
            optimizer.zero_grad()
            random = torch.get_rng_state()
            first_loss = loss_of(model, loss_fn, batch)
            first_loss.backward()
            optimizer.step()
            torch.set_rng_state(random)  # The same dropout before and after.
            before, after = float(first_loss), float(loss_of(model, loss_fn, batch))
    report(run, "first-step", {"before": before, "after": after}, step)
    return after < before


@dataclass
class LrCurve:
    """rates and losses of the sweep. suggestion: the rate of the steepest fall of the smoothed loss; diverged_at: where it was lost. None: not found."""

    rates: List[float]
    losses: List[float]
    suggestion: Optional[float]
    diverged_at: Optional[float]


def lr_finder(
    model: Any = None, optimizer: Any = None, loss_fn: Any = None, batches: Optional[Iterable[Any]] = None, start: float = 1e-7, end: float = 10.0,
    steps: int = 100, smoothing: float = 0.05, diverged: float = 4.0, step_fn: Optional[Callable[[float], float]] = None,
    classes: Optional[Sequence[int]] = None, step: Optional[int] = None, run: Any = None,
) -> LrCurve:
    """Raises the rate from `start` to `end` by equal factors, a batch each, and tells where the loss falls fastest (Smith 2015). Event `lr-finder`.

    Stops where the smoothed loss (weight of the newest `smoothing`, bias taken out) passes `diverged` times its least value. With PyTorch: batches of
    (inputs, targets), repeated as needed; model, optimizer, random numbers are afterwards as they were. Use batches as training sees them: shuffled,
    of all classes. With anything else: step_fn(rate) trains one batch with that rate and gives its loss. classes: how often each class was in it.
    """
    factor = (end / start) ** (1.0 / max(steps - 1, 1))
    plan = [start * factor**number for number in range(steps)]
    curve = _Curve(smoothing, diverged)
    if step_fn is not None:
        for rate in plan:
            if not curve.add(rate, float(step_fn(rate))):
                break
    else:
        seen: List[int] = []
        _sweep(model, optimizer, loss_fn, batches, plan, curve, seen)
        if classes is None and seen:
            classes = [seen.count(label) for label in range(max(seen) + 1)] if max(seen) < 10_000 and min(seen) >= 0 else None
    data = {"rates": curve.rates, "losses": curve.losses}
    if classes is not None:
        data["classes"] = [float(count) for count in classes]
    report(run, "lr-finder", data, step)
    return LrCurve(curve.rates, curve.losses, curve.steepest, curve.diverged_at)


def _sweep(model: Any, optimizer: Any, loss_fn: Any, batches: Any, plan: List[float], curve: _Curve, seen: List[int]) -> None:
    torch = torch_or_none()
    with restored(model, optimizer), torch.enable_grad():
        model.train()
        source = iter(batches)
        for rate in plan:
            batch = next(source, None)
            if batch is None:
                source = iter(batches)
                batch = next(source)
            if not isinstance(batch, dict) and is_tensor(batch[1]) and not batch[1].is_floating_point() and batch[1].dim() == 1:
                seen.extend(whole(batch[1]))
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad()
            loss = loss_of(model, loss_fn, to_device(model, batch))
            if not curve.add(rate, float(loss)):
                return
            loss.backward()
            optimizer.step()


class _Curve:
    """The sweep as it grows; judged as the analyzer judges it."""

    def __init__(self, smoothing: float, diverged: float) -> None:
        self.rates: List[float] = []
        self.losses: List[float] = []
        self.steepest: Optional[float] = None
        self.diverged_at: Optional[float] = None
        self._smoothing, self._diverged = smoothing, diverged
        self._smooth = self._weight = self._slope = 0.0
        self._least, self._before = math.inf, math.nan

    def add(self, rate: float, loss: float) -> bool:
        """False where the sweep is over."""
        self.rates.append(rate)
        self.losses.append(loss)
        if not math.isfinite(loss):
            self.diverged_at = rate
            return False
        self._smooth += self._smoothing * (loss - self._smooth)
        self._weight += self._smoothing * (1 - self._weight)
        level = self._smooth / self._weight
        if len(self.rates) > 1 and level > self._diverged * abs(self._least) and level > self.losses[0]:
            self.diverged_at = rate
            return False
        self._least = min(self._least, level)
        if not math.isnan(self._before):
            fall = (level - self._before) / math.log(rate / self.rates[-2])
            if fall < self._slope:
                self._slope, self.steepest = fall, rate
        self._before = level
        return True


def loss_at_start(loss: float, classes: int, step: Optional[int] = None, run: Any = None) -> bool:
    """Whether the loss before training is that of guessing: log(classes) to within half of it. Event `loss-at-start`, shown beside the analyzer's
    own `loss-at-init`, which reads the first `train/loss` and the config's `num_classes`."""
    expected = math.log(classes)
    ratio = float(loss) / expected
    report(run, "loss-at-start", {"loss": float(loss), "expected": expected, "ratio": ratio, "classes": classes}, step)
    return 0.5 <= ratio <= 1.5


def grads_reach(model: Any, step: Optional[int] = None, run: Any = None) -> bool:
    """Whether every trained parameter has a gradient that is not 0. Call it after a backward pass. Event `grads-reach-all-params`.

    model: a PyTorch module, or a mapping of names to gradients, None for none.
    """
    if is_model(model):
        gradients: Mapping[str, Any] = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.requires_grad}
    else:
        gradients = model
    none = [name for name, gradient in gradients.items() if gradient is None]
    zero = [name for name, gradient in gradients.items() if gradient is not None and _is_zero(gradient)]
    report(run, "grads-reach-all-params", {"checked": len(gradients), "none": none[:100], "zero": zero[:100]}, step)
    return not none and not zero


def _is_zero(gradient: Any) -> bool:
    found = facts(gradient)
    return found.size > 0 and found.largest == 0.0 and found.nan == 0 and found.infinite == 0


def output_shape(output: Any, expected: Sequence[int], step: Optional[int] = None, run: Any = None) -> bool:
    """Whether the shape of an output, or a shape, is the expected one; −1 there is any size. Event `output-shape`."""
    shape = [int(size) for size in getattr(output, "shape", output)]
    report(run, "output-shape", {"output": shape, "expected": [int(size) for size in expected]}, step)
    return len(shape) == len(expected) and all(size == wanted or wanted < 0 for size, wanted in zip(shape, expected))
