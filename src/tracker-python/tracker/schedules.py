"""Learning-rate schedules as plain functions of the step, to train by, and to compare a run's rate against.

Each gives a multiplier or a rate at a step (0, 1, 2, …); `deviation` says where what was logged leaves the plan.
"""

from __future__ import annotations

import math
from typing import Callable, Optional, Sequence, Tuple

__all__ = ["constant", "cosine", "cyclical", "deviation", "one_cycle", "one_cycle_momentum", "step_decay", "warmup"]

Schedule = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """The same rate at every step."""
    return lambda step: lr


def warmup(lr: float, steps: int, then: Optional[Schedule] = None) -> Schedule:
    """Linear from lr/steps at step 0 to lr at step steps − 1; then `then`, counted from 0, else lr."""

    def rate(step: int) -> float:
        if step < steps:
            return lr * (step + 1) / steps
        return then(step - steps) if then is not None else lr

    return rate


def cosine(lr: float, steps: int, floor: float = 0.0) -> Schedule:
    """Half a cosine from lr at step 0 to `floor` (a rate) at step `steps`, and there it stays (Loshchilov and Hutter 2017)."""
    return lambda step: floor + (lr - floor) * 0.5 * (1 + math.cos(math.pi * min(max(step, 0), steps) / steps))


def step_decay(lr: float, every: int, factor: float = 0.1) -> Schedule:
    """Times `factor` every `every` steps."""
    return lambda step: lr * factor ** (step // every)


def cyclical(low: float, high: float, half_cycle: int, decay: float = 1.0) -> Schedule:
    """Triangles between low and high, up in `half_cycle` steps and down in as many; their height times `decay` each cycle (Smith 2015)."""

    def rate(step: int) -> float:
        cycle, at = divmod(step, 2 * half_cycle)
        share = at / half_cycle if at <= half_cycle else 2 - at / half_cycle
        return low + (high - low) * share * decay**cycle

    return rate


def one_cycle(peak: float, steps: int, rise: float = 0.3, start_divisor: float = 25.0, end_divisor: float = 1e4) -> Schedule:
    """From peak/start_divisor up to peak within `rise` of the steps, then down to peak/start_divisor/end_divisor, both by cosine (Smith 2018).

    The rates are those of PyTorch's OneCycleLR with its defaults: step 0 is the first, step steps − 1 the last.
    """
    start = peak / start_divisor
    top = max(rise * steps - 1, 0.0)

    def rate(step: int) -> float:
        at = min(max(step, 0), steps - 1)
        if at <= top:
            return _anneal(start, peak, at / top if top > 0 else 1.0)
        return _anneal(peak, start / end_divisor, (at - top) / max(steps - 1 - top, 1e-12))

    return rate


def one_cycle_momentum(high: float, low: float, steps: int, rise: float = 0.3) -> Schedule:
    """The momentum beside `one_cycle`: high while the rate is low, down to `low` at its peak, and back."""
    top = max(rise * steps - 1, 0.0)

    def momentum(step: int) -> float:
        at = min(max(step, 0), steps - 1)
        if at <= top:
            return _anneal(high, low, at / top if top > 0 else 1.0)
        return _anneal(low, high, (at - top) / max(steps - 1 - top, 1e-12))

    return momentum


def _anneal(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2.0 * (1 + math.cos(math.pi * share))


def deviation(steps: Sequence[int], rates: Sequence[float], schedule: Schedule, tolerance: float = 0.01) -> Optional[Tuple[int, float, float]]:
    """The first step at which a rate that was used is off the plan by more than `tolerance` of it: (step, used, planned). None where all fit."""
    for step, used in zip(steps, rates):
        planned = schedule(step)
        if not abs(used - planned) <= tolerance * max(abs(planned), 1e-12):
            return step, used, planned
    return None
