"""Logs training runs to a Tracker server.

    import tracker

    run = tracker.init(project="digits", config={"lr": 0.1})
    run.log({"train/loss": 0.31, "lr": 0.1})
    run.finish()

Also as ``import tracker as wandb`` for scripts that use init, config, log, watch, summary, finish and alert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from ._errors import NotStartedError, RefusedError, TrackerError, UsageError
from ._histogram import Histogram
from ._http import VERSION as __version__
from ._run import AlertLevel, Run
from ._session import alert, config, current as _current, finish, init, log, login, summary, watch
from ._settings import Settings

if TYPE_CHECKING:
    run: Optional[Run]

__all__ = [
    "AlertLevel",
    "Histogram",
    "NotStartedError",
    "RefusedError",
    "Run",
    "Settings",
    "TrackerError",
    "UsageError",
    "__version__",
    "alert",
    "config",
    "finish",
    "init",
    "log",
    "login",
    "run",
    "summary",
    "watch",
]


def __getattr__(name: str) -> Any:
    if name == "run":
        return _current()
    raise AttributeError(f"tracker.{name} is not there: this package has {', '.join(n for n in __all__ if n[0] != '_')}")


def __dir__() -> Any:
    return __all__
