"""A run: what a training script holds while it trains."""

from __future__ import annotations

import sys
import time
from threading import Lock
from types import TracebackType
from typing import Any, Callable, Dict, Mapping, Optional, Set, Tuple, Type

from ._buffer import Buffer
from ._config import Config, Summary
from ._histogram import Histogram
from ._http import Transport
from ._messages import Once, logger
from ._sender import Sender, Start
from ._settings import Settings
from ._values import MAX_STEP, clean_text, is_name, to_json, to_number, to_step

_DEPTH = 16
_MAX_KNOWN = 100_000
_LEVELS = {"info": "info", "warn": "warn", "warning": "warn", "error": "high", "high": "high", "crit": "crit", "critical": "crit"}


class AlertLevel:
    """Levels of `Run.alert`, by the names that wandb gives them."""

    INFO = "info"
    WARN = "warn"
    ERROR = "high"


class Run:
    """One training run. Made by `tracker.init`.

    The logging calls put what they get into memory and return; a background thread sends it. They never wait for the network and never raise.
    They may be called from any thread. Use the run in a ``with`` block, or call `finish`: the run's state then says how the script ended.

    id, project, name: as given to `init`, or made. url: the run's page, once the server has answered.
    """

    def __init__(self, start: Start, connect: Optional[Callable[[], Transport]], settings: Settings, config: Mapping[str, Any]) -> None:
        self.id = start.id
        self.project = str(start.body["project"])
        self.name = str(start.body.get("name") or start.id)
        self.config = Config(self._config_changed)
        self.summary = Summary(self._summary_changed)
        self._start = start
        self._settings = settings
        self._once = Once()
        self._lock = Lock()
        self._step = 0
        self._known: Set[str] = set()
        self._left_out = 0
        self._own_summary: Set[str] = set()
        self._finished = False
        self._joins = start.joins
        self._joins_later = False
        self._config_values: Dict[str, Any] = self.config._values
        self._summary_values: Dict[str, Any] = self.summary._values
        self._config_values.update(config)
        self._connect = connect
        self._parents: Any = None
        self._buffer = Buffer(settings.buffer_bytes)
        self._sender = self._new_sender()

    @property
    def url(self) -> Optional[str]:
        """The run's page on the server; None while the server has not answered yet."""
        return self._sender.state.url if self._sender is not None else None

    @property
    def step(self) -> int:
        """The step that the next `log` without a step gets."""
        return self._step

    @property
    def should_stop(self) -> bool:
        """True once somebody asked this run to stop: in the dashboard, by a rule, or by the API. Look at it in the training loop."""
        return self._sender is not None and self._sender.state.stop is not None

    def log(self, data: Mapping[str, Any], step: Optional[int] = None, commit: Optional[bool] = None) -> None:
        """Logs values of one step.

        data: numbers (Python's, numpy's, torch's, with one element), `Histogram`s, and dictionaries of them, whose keys are joined by "/".
            NaN and infinities are kept. Anything else is left out, counted, and named once. A tensor on a GPU is fetched, which waits for it.
        step: whole number within ±2^53. Without it the run counts: 0, 1, 2…; after a call with a step the next one without goes to that step, too.
        commit: False keeps the run's own count where it is, so that the next call without a step joins this one; True moves it on.
        """
        try:
            now = int(time.time() * 1000)
            if step is None:
                with self._lock:
                    at = self._step
                    if commit is not False:
                        self._step = at + 1
            else:
                known = step if type(step) is int and -MAX_STEP <= step <= MAX_STEP else to_step(step)
                if known is None:
                    self._leave_out("step", f"step {step!r} is not a whole number within ±2^53; what was logged with it is left out", len(data))
                    return
                at = known
                after = at + 1 if commit else at
                if after > self._step:
                    self._step = after
            values: Dict[str, float] = {}
            names = self._known
            for name, value in data.items():
                if name in names:
                    kind = type(value)
                    if kind is float or (kind is int and -MAX_STEP <= value <= MAX_STEP):
                        values[name] = value
                        continue
                    number = to_number(value)
                    if number is not None:
                        values[name] = number
                        continue
                self._add(values, name, value, at, now, 0)
            if values:
                self._summary_values.update(values)
                self._put(self._buffer.add_row(at, now, values))
        except Exception as error:
            self._leave_out("log", f"log() could not use its arguments: {type(error).__name__}: {error}", 1)

    def log_histogram(self, name: str, values: Any, step: Optional[int] = None) -> None:
        """Logs the distribution of `values` (see `Histogram`) at a step; without one, at the step of the next `log`."""
        self.log({name: values if isinstance(values, Histogram) else _Unbinned(values)}, step=step, commit=False)

    def alert(self, title: str, text: str = "", level: Optional[str] = None, step: Optional[int] = None, **_: Any) -> None:
        """Raises an alert from the code: it goes to the dashboard and to the project's channels.

        level: "info" (default), "warn", "high" or "crit"; wandb's "INFO", "WARN" and "ERROR" are understood.
        """
        try:
            known = _LEVELS.get(str(getattr(level, "value", level) or "info").lower())
            if known is None:
                self._once.warn("level", "alert level %r is not known; it is sent as warn", level)
            self._event("alert", clean_text(title, 500), {"text": clean_text(text, 100_000)}, known or "warn", to_step(step) if step is not None else None)
        except Exception as error:
            self._leave_out("alert", f"alert() could not use its arguments: {type(error).__name__}: {error}", 1)

    def watch(self, *_: Any, **__: Any) -> None:
        """Not there yet: says so once and does nothing."""
        self._once.warn("watch", "watch() is not there yet: gradients and activations are not logged; log what you need with log() and log_histogram()")

    def finish(self, exit_code: Optional[int] = None) -> None:
        """Sends what is left and closes the run as finished, or as failed where `exit_code` is not 0.

        Waits at most `Settings.finish_timeout` seconds and says what did not arrive. In a forked child it sends what the child logged
        and leaves the run open. Calling it again does nothing.
        """
        self._close("finished" if not exit_code else "failed", exit_code or 0)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], _: Optional[TracebackType]) -> None:
        self._close(*exit_state(kind, error))

    def __repr__(self) -> str:
        return f"<tracker.Run {self.project}/{self.name} ({self.id})>"

    def _new_sender(self) -> Optional[Sender]:
        if self._connect is None:
            return None
        return Sender(self._start, self._buffer, self._connect(), self._settings, self._once, joins=self._joins)

    def _begin(self) -> None:
        if self._sender is None:
            return
        self._sender.begin()
        if not self._sender.state.ready.wait(self._settings.init_timeout):
            logger.info("the server has not answered within %g s; going on without waiting for it", self._settings.init_timeout)
        if self._sender.state.refusal is not None:
            self._finished = True
            raise self._sender.state.refusal
        self._step = max(self._step, self._sender.state.next_step)

    def _add(self, values: Dict[str, float], name: Any, value: Any, step: int, now: int, depth: int) -> None:
        """The slow way of a value: a name seen first, or anything but a number."""
        name = name if type(name) is str else str(name)
        if isinstance(value, Mapping):
            if depth < _DEPTH:
                for key, inner in value.items():
                    self._add(values, f"{name}/{key}", inner, step, now, depth + 1)
                return
        elif name not in self._known:
            if not is_name(name):
                self._leave_out("name", f"{name[:60]!r} cannot be the name of a series (1 to 512 characters of valid text); left out", 1)
                return
            if len(self._known) < _MAX_KNOWN:
                self._known.add(name)
        if isinstance(value, _Unbinned):
            value = Histogram(value.values)
        if isinstance(value, Histogram):
            self._put(self._buffer.add_histogram(step, now, name, value))
            return
        number = to_number(value)
        if number is None:
            kind = f"{type(value).__module__}.{type(value).__qualname__}"
            self._leave_out(f"value {kind}", f"{name!r} is a {kind}, neither one number nor a tracker.Histogram; such values are left out", 1)
        else:
            values[name] = number

    def _put(self, taken: bool) -> None:
        if taken:
            if self._joins_later:
                self._join()
        elif self._finished:
            self._once.warn("finished", "run %s is finished; what is logged to it now is dropped", self.id)
        elif self._sender is not None and not self._buffer.closed:
            self._once.warn("full", "%d MiB wait for the server; what is logged now is dropped until there is room", self._settings.buffer_bytes >> 20)

    def _leave_out(self, key: str, message: str, count: int) -> None:
        self._left_out += count
        self._once.warn(key, "%s", message)

    def _event(self, kind: str, name: str, data: Dict[str, Any], level: Optional[str] = None, step: Optional[int] = None) -> None:
        event: Dict[str, Any] = {"kind": kind, "name": name, "time": int(time.time() * 1000), "data": to_json(data)}
        if level is not None:
            event["level"] = level
        if step is not None:
            event["step"] = step
        self._put(self._buffer.add_event(event))

    def _config_changed(self, _: str) -> None:
        if self._sender is not None and not self._finished:
            self._sender.change_config(to_json(dict(self._config_values)))

    def _summary_changed(self, key: str) -> None:
        self._own_summary.add(key)

    def _after_fork(self) -> None:
        """In a forked child: what the parent holds is the parent's to send. The child is a writer of its own, from its first point on."""
        if self._sender is None or self._finished:
            return
        self._joins = self._joins_later = True
        self._parents = (self._buffer, self._sender)  # Held, not freed: freeing would copy every page that the processes share.
        self._lock = Lock()
        self._buffer = Buffer(self._settings.buffer_bytes)
        self._sender = self._new_sender()

    def _join(self) -> None:
        with self._lock:
            if not self._joins_later:
                return
            self._joins_later = False
        if self._sender is not None:
            self._sender.begin()
        processes = sys.modules.get("multiprocessing.util")
        if processes is not None:  # Its children leave without atexit.
            processes.Finalize(None, self._close, args=("finished", 0), exitpriority=10)

    def _close(self, state: str, exit_code: int) -> None:
        with self._lock:
            if self._finished:
                return
            self._finished = True
        own = {key: self._summary_values[key] for key in self._own_summary if key in self._summary_values}
        if own and not self._joins:
            self._event("note", "summary", own)
        if self._sender is not None:
            finish = None if self._joins else {"state": state, "exitCode": exit_code}
            self._say_end(state, self._sender.close(finish, self._settings.finish_timeout))

    def _say_end(self, state: str, arrived: bool) -> None:
        left, dropped = self._buffer.points, self._buffer.dropped
        if not arrived and self._sender is not None and self._sender.state.refusal is None:
            logger.warning("run %s: %d points did not reach the server within %g s and are lost", self.id, left, self._settings.finish_timeout)
        if dropped or self._left_out:
            logger.warning("run %s: %d points dropped, %d values left out", self.id, dropped, self._left_out)
        if arrived and not self._joins:
            logger.info("run %s is %s%s", self.name, state, f": {self.url}" if self.url else "")


def exit_state(kind: Optional[Type[BaseException]], error: Optional[BaseException]) -> Tuple[str, int]:
    """What a run's state and exit code are when a script ends by an exception, or by none."""
    if kind is None:
        return "finished", 0
    if issubclass(kind, KeyboardInterrupt):
        return "killed", 130
    if issubclass(kind, SystemExit):
        code = getattr(error, "code", None)
        number = code if isinstance(code, int) else 0 if code is None else 1
        return ("failed" if number else "finished"), number
    return "failed", 1


class _Unbinned:
    """Values that `log` is to bin, so that a mistake in them is handled as every other one."""

    __slots__ = ("values",)

    def __init__(self, values: Any) -> None:
        self.values = values
