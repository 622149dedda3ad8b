"""The ten points before a long run, as one call."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from ._arrays import flat
from ._learning import first_step, output_shape, overfit_one_batch
from ._nonfinite import check_batch
from ._report import is_tensor, report
from ._state import first, random_kept, to_device

_SIGNS = {True: "passed", False: "FAILED", None: "unknown"}


@dataclass
class Point:
    """passed: None where it could not be checked."""

    name: str
    passed: Optional[bool]
    told: str


@dataclass
class Card:
    """The ten points. `print` shows the card; True where none failed."""

    points: List[Point]

    def __bool__(self) -> bool:
        return all(point.passed is not False for point in self.points)

    def __str__(self) -> str:
        width = max(len(point.name) for point in self.points)
        lines = [f"{number:>2}  {_SIGNS[point.passed]:<8} {point.name:<{width}}  {point.told}" for number, point in enumerate(self.points, 1)]
        failed = sum(point.passed is False for point in self.points)
        unknown = sum(point.passed is None for point in self.points)
        return "\n".join(["before the run", *lines, f"{10 - failed - unknown} passed, {failed} failed, {unknown} unknown"])


def checklist(
    model: Any = None, loss_fn: Any = None, batch: Any = None, optimizer: Any = None, scheduler: Any = None, train: Optional[Iterable[Any]] = None,
    val: Optional[Iterable[Any]] = None, test: Optional[Iterable[Any]] = None, expected_shape: Optional[Sequence[int]] = None,
    checkpoint: Optional[Dict[str, Any]] = None, overfit_steps: int = 200, show: bool = True, step: Optional[int] = None, run: Any = None,
) -> Card:
    """Checks what can be checked of: 1 output shape, 2 first step lowers the loss, 3 one batch by heart, 4 no NaN in the inputs, 5 inputs normalised,
    6 splits disjoint, 7 no augmentation on validation, 8 training mode, 9 scheduler in the checkpoint, 10 rate logged. What is not given is unknown.

    batch: (inputs, targets). expected_shape: of the output, −1 for any size. train, val, test: loaders or lists of batches (inputs, targets), or of
    samples; they are gone through, val twice. checkpoint: what is saved; without it the scheduler's own state goes through a round trip. Prints the
    card, logs it as the event `checklist`, and each point's probe by itself. The model is afterwards as it was.
    """
    told = _Teller(run, step)
    with random_kept():
        points = [
            told.ask("output shape", lambda: _shape(model, batch, expected_shape, told)),
            told.ask("first step lowers the loss", lambda: _first_step(model, optimizer, loss_fn, batch, told)),
            told.ask("one batch by heart", lambda: _overfit(model, loss_fn, batch, overfit_steps, told)),
            *_inputs(batch, told),
            told.ask("splits are disjoint", lambda: _splits(train, val, test, told)),
            told.ask("no augmentation on validation", lambda: _augmentation(val, told)),
            told.ask("training mode", lambda: _mode(model, told)),
            told.ask("scheduler in the checkpoint", lambda: _scheduler(scheduler, checkpoint, told)),
            told.ask("rate is logged", lambda: _rate(told)),
        ]
    card = Card(points)
    report(run, "checklist", {"points": [{"name": point.name, "passed": point.passed, "told": point.told} for point in points]}, step)
    if show:
        print(card)
    return card


_Found = Tuple[Optional[bool], str]


class _Teller:
    def __init__(self, run: Any, step: Optional[int]) -> None:
        self.run, self.step = run, step

    def ask(self, name: str, check: Callable[[], _Found]) -> Point:
        """A check that cannot be made is unknown, and so is one that breaks off."""
        try:
            return Point(name, *check())
        except Exception as error:
            return Point(name, None, f"could not be checked: {type(error).__name__}: {error}"[:200])

    def report(self, name: str, data: Dict[str, Any]) -> None:
        report(self.run, name, data, self.step)


_MISSING: _Found = (None, "not given")


def _shape(model: Any, batch: Any, expected: Optional[Sequence[int]], told: _Teller) -> _Found:
    if model is None or batch is None or expected is None:
        return _MISSING
    from ._report import torch_or_none

    with torch_or_none().no_grad():
        modes = [(module, module.training) for module in model.modules()]
        model.eval()
        output = model(to_device(model, batch)[0])
        for module, training in modes:
            module.training = training
    return output_shape(output, expected, told.step, told.run), f"{tuple(output.shape)}, expected {tuple(expected)}"


def _first_step(model: Any, optimizer: Any, loss_fn: Any, batch: Any, told: _Teller) -> _Found:
    if model is None or optimizer is None or loss_fn is None or batch is None:
        return _MISSING
    lower = first_step(model, optimizer, loss_fn, batch, step=told.step, run=told.run)
    return lower, "lower after one step" if lower else "not lower after one step"


def _overfit(model: Any, loss_fn: Any, batch: Any, steps: int, told: _Teller) -> _Found:
    if model is None or loss_fn is None or batch is None:
        return _MISSING
    found = overfit_one_batch(model, loss_fn, batch, steps=steps, lr=3e-3, step=told.step, run=told.run)
    return found.passed, f"loss {found.losses[0]:.4g} → {found.losses[-1]:.4g} in {len(found.losses)} steps"


def _inputs(batch: Any, told: _Teller) -> List[Point]:
    names = ("no NaN in the inputs", "inputs normalised")
    if batch is None:
        return [Point(name, *_MISSING) for name in names]
    try:
        found = check_batch(batch[0], batch[1] if len(batch) > 1 else None, step=told.step, run=told.run)
    except Exception as error:
        return [Point(name, None, f"could not be checked: {error}"[:200]) for name in names]
    inputs = found.inputs
    bad = inputs.nan + inputs.infinite + (found.targets.nan + found.targets.infinite if found.targets is not None else 0)
    normal = abs(inputs.mean) <= 1.0 and 0.05 <= inputs.std <= 5.0
    whole = is_tensor(batch[0]) and not batch[0].is_floating_point()
    return [
        Point(names[0], bad == 0, f"{bad} of {inputs.size} not finite"),
        Point(names[1], None, "whole numbers") if whole else Point(names[1], normal, f"mean {inputs.mean:.3g}, deviation {inputs.std:.3g}"),
    ]


def _splits(train: Any, val: Any, test: Any, told: _Teller) -> _Found:
    if train is None or val is None:
        return _MISSING
    hashes = [sample_hashes(split) if split is not None else [] for split in (train, val, test)]
    known = set(hashes[0])
    overlap = sum(value in known for value in hashes[1])
    leaked = sum(value in known for value in hashes[2])
    told.report("splits", {"train": len(hashes[0]), "val": len(hashes[1]), "test": len(hashes[2]), "overlap": overlap, "test_overlap": leaked})
    words = f"{len(hashes[0])} and {len(hashes[1])} samples, {overlap} in both" + (f"; {leaked} of {len(hashes[2])} for tests in training" if test is not None else "")
    return overlap == 0 and leaked == 0 and len(hashes[1]) > 0, words


def _augmentation(val: Any, told: _Teller) -> _Found:
    if val is None:
        return _MISSING
    if iter(val) is val:
        return None, "can be gone through once only"
    once, again = sorted(sample_hashes(val)), sorted(sample_hashes(val))
    differing = len(set(once) - set(again))
    told.report("augmentation", {"split": "val", "differs": once != again, "count": differing})
    return once == again, "two passes are equal" if once == again else f"{differing} of {len(once)} samples differ between two passes"


def _mode(model: Any, told: _Teller) -> _Found:
    if model is None:
        return _MISSING
    from ._modes import check_mode

    fine = check_mode(model, "train", told.step, told.run)
    return fine, "all modules train" if fine else f"{sum(not module.training for module in model.modules())} modules are in evaluation mode: call train()"


def _scheduler(scheduler: Any, checkpoint: Optional[Dict[str, Any]], told: _Teller) -> _Found:
    if checkpoint is not None:
        there = any("sched" in str(key).lower() for key in checkpoint)
        told.report("checkpoint", {
            "keys": [str(key) for key in checkpoint][:50], "missing": [] if there or scheduler is None else ["scheduler"], "scheduler": scheduler is not None})
        if scheduler is None:
            return None, "no scheduler given"
        return there, "in the checkpoint" if there else "not in the checkpoint"
    if scheduler is None:
        return _MISSING
    state = copy.deepcopy(scheduler.state_dict())
    scheduler.load_state_dict(state)
    same = _equal(state, scheduler.state_dict())
    # That its state survives says nothing about whether the script saves it.
    return (None, "its state survives a round trip; pass checkpoint= to see whether it is saved") if same else (False, "its state does not survive a round trip")


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_equal, one, other))
    return callable(one) or bool(one == other)


def _rate(told: _Teller) -> _Found:
    from .. import _session

    run = told.run if told.run is not None else _session.current()
    if run is None:
        return None, "there is no run"
    names = [name for name in run._known if name in ("lr", "learning_rate") or name.rpartition("/")[2] in ("lr", "learning_rate") or "lr/" in name]
    if names:
        return True, f"as {sorted(names)[0]}"
    if any(watch._optimizer is not None for watch in run._watches):
        return True, "by watch()"
    return None if run._last < 0 else False, "nothing is logged yet" if run._last < 0 else "not among the series so far"


def sample_hashes(split: Iterable[Any]) -> List[str]:
    """One hash a sample, from its inputs. split: batches (inputs, targets), or samples."""
    hashes: List[str] = []
    for item in split:
        inputs = item[0] if isinstance(item, (tuple, list)) and len(item) > 0 and not isinstance(item[0], (int, float)) else item
        targets = item[1] if isinstance(item, (tuple, list)) and len(item) > 1 and not isinstance(item[0], (int, float)) else None
        batched = targets is not None and hasattr(targets, "__len__") and getattr(targets, "shape", (1,)) != () and len(targets) == len(inputs)
        for sample in inputs if batched else [inputs]:
            hashes.append(hash_of(sample))
    return hashes


def hash_of(value: Any) -> str:
    """Of the numbers alone, not of their type: 16 characters."""
    if is_tensor(value):
        value = value.detach().cpu().double().numpy() if hasattr(value, "numpy") else value
    if hasattr(value, "tobytes") and hasattr(value, "astype"):
        data = value.astype("float64").tobytes()
    elif isinstance(value, (str, bytes)):
        data = value.encode() if isinstance(value, str) else value
    else:
        data = ",".join(map(repr, flat(value))).encode("ascii")
    return hashlib.sha256(data).hexdigest()[:16]


def rank_hash(batch: Any = None, model: Any = None, step: Optional[int] = None, run: Any = None, rank: Optional[int] = None) -> Dict[str, Any]:
    """Tells the hashes of this rank's batch and of its parameters, by which ranks with the same data or parameters of their own are found.

    Call it on every rank at the same step, say with the first batch of each epoch. Event `rank-hash`.
    """
    from .. import _session

    target = run if run is not None else _session.current()
    data: Dict[str, Any] = {"rank": rank if rank is not None else getattr(target, "rank", 0)}
    if batch is not None:
        data["data"] = hash_of(first(batch, 1)[0] if isinstance(batch, (list, tuple)) else batch)
    if model is not None:
        parts = [hash_of(parameter) for parameter in (model.parameters() if hasattr(model, "parameters") else model)]
        data["params"] = hashlib.sha256("".join(parts).encode("ascii")).hexdigest()[:16]
    report(target, "rank-hash", data, step)
    return data
