"""A logger for Lightning's `Trainer` (interface of Lightning 2.4; `pytorch_lightning` of the same version serves, too).

    trainer = Trainer(logger=TrackerLogger(project="digits"))
"""

from __future__ import annotations

import os
from typing import Any, Dict, Mapping, Optional

from .. import _session
from .._run import Run
from .._values import to_mapping

try:
    from lightning.pytorch.loggers.logger import Logger as _Base
except ImportError:
    try:
        from pytorch_lightning.loggers.logger import Logger as _Base
    except ImportError:  # The interface is met without it, too.
        _Base = object

_STATES = {"success": 0, "finished": 0}


class TrackerLogger(_Base):  # type: ignore[misc]
    """Logs metrics and hyperparameters; only the process of rank 0 does.

    init: arguments of `tracker.init`. The run starts with the first thing that is logged.
    """

    def __init__(self, **init: Any) -> None:
        super().__init__()
        self._init = init
        self._run: Optional[Run] = None

    @property
    def experiment(self) -> Any:
        """The run, for `log_histogram`, `alert` and the probes; on other ranks something that takes every call and does nothing."""
        if _rank() > 0:
            return _Nothing()
        if self._run is None:
            self._run = _session.init(**self._init)
        return self._run

    @property
    def name(self) -> Optional[str]:
        return self._init.get("project")

    @property
    def version(self) -> Optional[str]:
        return self._run.id if self._run is not None else self._init.get("id")

    @property
    def save_dir(self) -> Optional[str]:
        return None

    def log_metrics(self, metrics: Mapping[str, float], step: Optional[int] = None) -> None:
        if _rank() == 0:
            self.experiment.log(dict(metrics), step=step)

    def log_hyperparams(self, params: Any, *_: Any, **__: Any) -> None:
        if _rank() == 0:
            values: Dict[str, Any] = dict(to_mapping(params))
            self.experiment.config.update(values)

    def log_graph(self, model: Any, input_array: Any = None) -> None:
        """There is no view of graphs."""

    def watch(self, model: Any, optimizer: Any = None, **options: Any) -> None:
        """Watches the layers: call it in `on_fit_start`, with the trainer's optimizer for update ratios."""
        if _rank() == 0:
            self.experiment.watch(model, *([optimizer] if optimizer is not None else []), **options)

    def save(self) -> None:
        """Everything is on its way already."""

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Checkpoints are not kept."""

    def finalize(self, status: str) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.finish(_STATES.get(status, 1))


class _Nothing:
    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def _rank() -> int:
    """As Lightning's `rank_zero_only` finds it."""
    for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK"):
        if os.environ.get(name, "").isdecimal():
            return int(os.environ[name])
    return 0
