"""What a run logs beside the script's own calls: where it comes from, what the machine does, what is printed."""

from __future__ import annotations

from threading import Thread
from typing import Any, Dict, Optional

from . import _environment
from ._console import Console
from ._system import SystemMetrics
from ._values import clean_text


class Observers:
    """Runs between `start` and `stop`. `run` is a `Run`; its private calls are made for this."""

    def __init__(self, run: Any) -> None:
        self._run = run
        self._system: Optional[SystemMetrics] = None
        self._console: Optional[Console] = None
        self._telling: Optional[Thread] = None
        self._is_over = False

    def start(self) -> None:
        run, settings = self._run, self._run._settings

        def step() -> int:
            return max(int(run._last), 0)

        def tell(name: str, data: Dict[str, Any]) -> None:
            if not self._is_over:  # It took longer than the run: nobody asked for it, so nobody is told.
                run._event("env", name, data)

        def keep(name: str, line: str) -> None:
            run._event("console", name, {"text": clean_text(line, 4_000)}, step=step())

        run._event("env", "process", {**_environment.process(), "rank": run.rank})
        if settings.environment and not run._joins:
            self._telling = _environment.log_rest(tell)
        if settings.system_interval > 0:
            self._system = SystemMetrics(run._log_own, step, settings.system_interval)
        if settings.console:
            self._console = Console(keep)

    def after_fork(self) -> None:
        """In a forked child: the parent's threads are not there, and what the child prints is the child's to tell."""
        self._system = self._telling = None
        if self._console is not None:
            self._console.after_fork()

    def stop(self) -> None:
        if self._console is not None:
            self._console.stop()
        if self._system is not None:
            self._system.stop()
        if self._telling is not None:
            self._telling.join(2.0)
        self._is_over = True
