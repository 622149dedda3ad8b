"""One call a step that watches a training loop, and what watches its evaluations."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Deque, Dict, Mapping, Optional, Sequence

from ._gradients import clip_grad_norm
from ._nonfinite import find_nonfinite
from ._report import log, report

_NEAR = 0.99  # Of the threshold: from here on a norm counts as clipped.


class TrainingMonitor:
    """Clips, counts, looks for NaN, prints and logs: call `step` after the backward pass, and the optimizer only where it gives True.

        monitor = TrainingMonitor(model, clip_norm=1.0)
        loss.backward()
        if monitor.step(step, loss, optimizer):
            optimizer.step()
        print(monitor.summary())

    model: a PyTorch module; None where there is none, then pass grad_norm. clip_norm: largest gradient norm; None: it is measured and not clipped.
    every: steps between two lines on the console; 0 for none. window: points of the trend. Logs `train/loss`, `grad_norm/total`, `clip/…`, `lr`; three
    losses in a row that are NaN or infinite have the parameters and buffers searched (event `nonfinite-params`).
    """

    def __init__(self, model: Any = None, clip_norm: Optional[float] = 1.0, every: int = 100, window: int = 200, run: Any = None) -> None:
        self.model = model
        self.clip_norm = clip_norm
        self.every = every
        self.nan_events = 0
        self._run = run
        self._losses: Deque[float] = deque(maxlen=window)
        self._nan_in_a_row = 0
        self._steps = self._clipped = 0
        self._norms = 0.0
        self._norm_count = 0
        self._last, self._least = math.nan, math.inf

    @property
    def clip_frequency(self) -> float:
        """Share of the steps whose gradient norm reached the threshold."""
        return self._clipped / self._norm_count if self._norm_count else 0.0

    @property
    def trend(self) -> Optional[float]:
        """The loss now less that at the beginning of the window; None for fewer than 11 points."""
        return self._losses[-1] - self._losses[0] if len(self._losses) > 10 else None

    def step(
        self, step: int, loss: Any, optimizer: Any = None, lr: Optional[float] = None, grad_norm: Optional[float] = None,
        extra: Optional[Mapping[str, float]] = None,
    ) -> bool:
        """False where the loss or the gradient norm is not finite: the optimizer's step would spoil the parameters."""
        value, self._steps = float(loss), self._steps + 1
        rate = lr if lr is not None else float(optimizer.param_groups[0]["lr"]) if optimizer is not None else None
        values: Dict[str, float] = {"train/loss": value, **(extra or {})}
        if rate is not None:
            values["lr"] = rate
        if not math.isfinite(value):
            log(self._run, values, step)
            self._meet_nan(step, value)
            return False
        self._nan_in_a_row = 0
        self._losses.append(value)
        self._last, self._least = value, min(self._least, value)
        norm = self._clip(step, grad_norm, values)
        log(self._run, values, step)
        if self.every and step % self.every == 0:
            print(self._line(step, value, norm, rate, extra))
        return norm is None or math.isfinite(norm)

    def _clip(self, step: int, given: Optional[float], values: Dict[str, float]) -> Optional[float]:
        norm = given
        if norm is None and self.model is not None:
            norm = clip_grad_norm(self.model, self.clip_norm if self.clip_norm is not None else math.inf, run=_SILENT)
        if norm is None:
            return None
        values["grad_norm/total"] = norm
        if math.isfinite(norm):
            self._norms += norm
            self._norm_count += 1
        if self.clip_norm is not None:
            clipped = not norm < _NEAR * self.clip_norm
            self._clipped += clipped and math.isfinite(norm)
            values.update({"clip/threshold": self.clip_norm, "clip/active": float(clipped), "clip/share": self.clip_frequency})
        return norm

    def _meet_nan(self, step: int, value: float) -> None:
        self.nan_events += 1
        self._nan_in_a_row += 1
        print(f"[step {step}] the loss is {value} ({self._nan_in_a_row} in a row)")
        if self._nan_in_a_row == 3 and self.model is not None:
            found = find_nonfinite(self.model, step, self._run)
            names = ", ".join((found.tensors + found.buffers)[:5])
            print(f"  not finite: {names}" if found else "  parameters and buffers are finite: it came from the batch")

    def _line(self, step: int, loss: float, norm: Optional[float], lr: Optional[float], extra: Optional[Mapping[str, float]]) -> str:
        parts = [f"[step {step:>7}] loss {loss:.4f}"]
        if self.trend is not None:
            parts.append(f"trend({self._losses.maxlen}) {self.trend:+.4f}")
        if norm is not None:
            clipped = self.clip_norm is not None and not norm < _NEAR * self.clip_norm
            parts.append(f"grad norm {norm:.4f}{' [CLIPPED]' if clipped else ''}")
            if self.clip_norm is not None:
                parts.append(f"clipped {self.clip_frequency:.1%}")
        if lr is not None:
            parts.append(f"lr {lr:.2e}")
        parts += [f"{name} {value:.4f}" for name, value in (extra or {}).items()]
        if len(self._losses) == self._losses.maxlen and self.trend is not None and abs(self.trend) < 1e-4:
            parts.append(f"the loss has hardly moved in {self._losses.maxlen} steps")
        if self.clip_norm is not None and self._norm_count >= 20 and self.clip_frequency > 0.5:
            parts.append("more than half of the steps are clipped: the rate may be too high")
        return " · ".join(parts)

    def summary(self) -> Dict[str, float]:
        """Final and least loss, mean gradient norm, clip frequency, NaN events; also set as the run's summary."""
        found = {
            "final_loss": self._last, "min_loss": self._least, "mean_grad_norm": self._norms / self._norm_count if self._norm_count else math.nan,
            "clip_frequency": self.clip_frequency, "nan_events": float(self.nan_events), "steps": float(self._steps)}
        from .. import _session

        run = self._run if self._run is not None else _session.current()
        if run is not None:
            run.summary.update(found)
        return found


class _Silent:
    """A run that keeps nothing: for calls whose results are logged together with others."""

    def log(self, *_: Any, **__: Any) -> None: ...

    def log_event(self, *_: Any, **__: Any) -> None: ...


_SILENT = _Silent()


def log_health(
    step: int, loss: float, grad_norm: Optional[float] = None, lr: Optional[float] = None, per_class_acc: Optional[Sequence[float]] = None, run: Any = None,
) -> None:
    """Logs the quantities that every run should have: `train/loss`, `grad_norm/total`, `lr`, and `val/acc_class_<k>`."""
    values: Dict[str, Any] = {"train/loss": loss}
    if grad_norm is not None:
        values["grad_norm/total"] = grad_norm
    if lr is not None:
        values["lr"] = lr
    values.update({f"val/acc_class_{k}": accuracy for k, accuracy in enumerate(per_class_acc or ())})
    log(run, values, step)


class EarlyStop:
    """Tells when an evaluation has not improved for more than `patience` evaluations.

        stop = EarlyStop(patience=5)
        if stop.step(val_loss): break

    min_delta: least improvement that counts. mode: "min" for losses, "max" for accuracies. Event `early-stop` when it says stop.
    """

    def __init__(self, patience: int = 5, min_delta: float = 1e-3, mode: str = "min", run: Any = None) -> None:
        self.patience, self.min_delta = patience, min_delta
        self.best: Optional[float] = None
        self.best_step: Optional[int] = None
        self.waited = 0
        self._sign = 1.0 if mode == "min" else -1.0
        self._run = run

    def step(self, value: float, step: Optional[int] = None) -> bool:
        value = float(value)
        if math.isfinite(value) and (self.best is None or self._sign * value < self._sign * self.best - self.min_delta):
            self.best, self.best_step, self.waited = value, step, 0
            return False
        self.waited += 1
        if self.waited > self.patience:
            report(self._run, "early-stop", {"best": self.best, "best_step": self.best_step, "waited": self.waited, "last": value}, step)
            return True
        return False
