"""How a probe tells its run what it found."""

from __future__ import annotations

import sys
from typing import Any, Mapping, Optional

from .. import _session


def report(run: Any, name: str, data: Mapping[str, Any], step: Optional[int] = None) -> None:
    """Logs the event that the analyzer reads (docs/probes.md); to the current run where none is given, and nothing where there is none."""
    target = run if run is not None else _session.current()
    if target is not None:
        target.log_event("probe", name, data, step=step)


def log(run: Any, values: Mapping[str, Any], step: Optional[int] = None) -> None:
    """Logs scalars of a probe."""
    target = run if run is not None else _session.current()
    if target is not None:
        target.log(values, step=step, commit=False)


def torch_or_none() -> Any:
    """PyTorch, where the program has imported it."""
    return sys.modules.get("torch")


def is_model(value: Any) -> bool:
    torch = torch_or_none()
    return torch is not None and isinstance(value, torch.nn.Module)


def is_tensor(value: Any) -> bool:
    torch = torch_or_none()
    return torch is not None and isinstance(value, torch.Tensor)
