"""Where NaN and infinity come from: parameters, batches, modules, operations."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Optional

from ._arrays import Facts, facts, is_finite
from ._report import is_model, report, torch_or_none


@dataclass
class NonFinite:
    """tensors, buffers: names of those with NaN or infinity. checked: how many were looked at. False where all is well."""

    tensors: List[str]
    buffers: List[str]
    checked: int

    def __bool__(self) -> bool:
        return bool(self.tensors or self.buffers)


def find_nonfinite(model: Any, step: Optional[int] = None, run: Any = None) -> NonFinite:
    """Looks for NaN and infinity in every parameter and buffer. model: a PyTorch module, or a mapping of names to numbers. Event `nonfinite-params`."""
    if is_model(model):
        parameters, buffers = list(model.named_parameters()), list(model.named_buffers())
    else:
        parameters, buffers = list(model.items()), []
    found = NonFinite([name for name, value in parameters if not is_finite(value)], [name for name, value in buffers if not is_finite(value)],
                      len(parameters) + len(buffers))
    report(run, "nonfinite-params", {
        "tensors": found.tensors[:50], "buffers": found.buffers[:50], "checked": found.checked, "count": len(found.tensors) + len(found.buffers)}, step)
    return found


@dataclass
class BatchFacts:
    """What `check_batch` found; True where the batch may be trained on."""

    inputs: Facts
    targets: Optional[Facts]
    largest: float

    def __bool__(self) -> bool:
        targets_fine = self.targets is None or (self.targets.nan == 0 and self.targets.infinite == 0)
        return self.inputs.nan == 0 and self.inputs.infinite == 0 and targets_fine and self.inputs.largest <= self.largest


def check_batch(
    inputs: Any, targets: Any = None, batch: Any = None, largest: float = 100.0, step: Optional[int] = None, run: Any = None, quiet: bool = False,
) -> BatchFacts:
    """Looks for NaN, infinity and extreme values before the forward pass. Events `batch-check` and `input-stats`.

    batch: its id, for the message. largest: size above which an input is extreme (100, as for scaled inputs). quiet: a clean batch is not told,
    for calls in every step.
    """
    found = BatchFacts(facts(inputs), facts(targets) if targets is not None else None, largest)
    if not (quiet and found):
        data: Dict[str, Any] = {"nan_inputs": found.inputs.nan, "inf_inputs": found.inputs.infinite, "max_abs_input": found.inputs.largest}
        if found.targets is not None:
            data.update(nan_targets=found.targets.nan, inf_targets=found.targets.infinite)
        if batch is not None:
            data["batch"] = str(batch)
        report(run, "batch-check", data, step)
        report(run, "input-stats", {"mean": found.inputs.mean, "std": found.inputs.std}, step)
    return found


@dataclass
class NanTrace:
    """What `hunt_nan` saw first. module: the first with an output (forward) or gradient (backward) that is not finite; None: none.
    operation: that made it of finite inputs."""

    module: Optional[str] = None
    direction: Optional[str] = None
    inputs_nonfinite: Optional[bool] = None
    operation: Optional[str] = None
    told: Dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def hunt_nan(model: Any, step: Optional[int] = None, run: Any = None, operations: bool = True) -> Iterator[NanTrace]:
    """Within it, the first module whose output or gradient is not finite, and the operation that made it, are found and told.

    Costs several times the step: run one step under it when the loss has become NaN. PyTorch only. Events `nan-first-module`, `numeric-op`.
    """
    from ..torch._nan import NanHooks

    trace = NanTrace()
    hooks = NanHooks(model, trace, operations)
    try:
        yield trace
    finally:
        hooks.remove()
        if trace.module is not None:
            report(run, "nan-first-module", {"module": trace.module, "pass": trace.direction, "inputs_nonfinite": trace.inputs_nonfinite}, step)
        if trace.operation is not None:
            report(run, "numeric-op", trace.told, step)


_BACKWARD = re.compile(r"Function '(\w+?)Backward\d*' returned nan values")


@contextlib.contextmanager
def anomaly_mode(step: Optional[int] = None, run: Any = None) -> Iterator[None]:
    """PyTorch's anomaly detection: a backward pass that makes NaN raises with the place in the forward pass; the operation is told, too.

    Two to three times slower. Event `numeric-op`.
    """
    torch = torch_or_none()
    if torch is None:
        raise RuntimeError("anomaly_mode needs PyTorch")
    with torch.autograd.detect_anomaly():
        try:
            yield
        except RuntimeError as error:
            found = _BACKWARD.search(str(error))
            if found:
                report(run, "numeric-op", {"op": _plain(found.group(1)), "count": 1}, step)
            elif "modified by an inplace operation" in str(error):
                report(run, "numeric-op", {"op": "in-place", "count": 1}, step)
            raise


def _plain(name: str) -> str:
    """`LogSoftmax` as `log_softmax`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class StepGuard:
    """Skips steps that would do harm, and remembers their batches.

        guard = StepGuard(max_grad_norm=100.0)
        if guard.allows(loss, grad_norm, batch=ids):
            optimizer.step()

    max_grad_norm: norms above it are skipped, too; None: only what is not finite. patience: skips in a row after which it raises
    FloatingPointError, since then it is not the batches (0: never). `blacklist` holds the ids of skipped batches; `is_blacklisted` asks.
    """

    def __init__(self, max_grad_norm: Optional[float] = None, patience: int = 0, run: Any = None) -> None:
        self.max_grad_norm = max_grad_norm
        self.patience = patience
        self.blacklist: List[str] = []
        self.skipped = 0
        self._in_a_row = 0
        self._run = run

    def allows(self, loss: Any, grad_norm: Any = None, batch: Any = None, step: Optional[int] = None) -> bool:
        bad = [name for name, value in (("loss", loss), ("gradient norm", grad_norm)) if value is not None and not is_finite(value)]
        if not bad and self.max_grad_norm is not None and grad_norm is not None and float(grad_norm) > self.max_grad_norm:
            bad = [f"gradient norm {float(grad_norm):.4g}"]
        if not bad:
            self._in_a_row = 0
            return True
        self.skipped += 1
        self._in_a_row += 1
        ids = [] if batch is None else [str(id) for id in (batch.tolist() if hasattr(batch, "tolist") else batch if isinstance(batch, (list, tuple)) else [batch])]
        self.blacklist.extend(id for id in ids if id not in self.blacklist)
        report(self._run, "skipped-step", {"because": bad, "batch": ids[:64], "skipped": self.skipped}, step)
        if self.patience and self._in_a_row >= self.patience:
            raise FloatingPointError(f"{self._in_a_row} steps in a row had to be skipped ({', '.join(bad)}): it is not the batches")
        return False

    def is_blacklisted(self, batch: Any) -> bool:
        return str(batch) in self.blacklist
