"""A run: what a training script holds while it trains."""

from __future__ import annotations

import math
import sys
import time
from datetime import timedelta
from threading import Lock
from time import time as clock
from types import TracebackType
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple, Type, Union

from ._buffer import Buffer
from ._config import Config, Summary
from ._end import exit_state
from ._histogram import Histogram
from ._messages import Once, logger
from ._observe import Observers
from ._sender import Sender, Start
from ._settings import Settings
from ._sieve import Sieve, Unbinned
from ._values import MAX_STEP, clean_text, to_json, to_step

_MAX_TITLES = 10_000
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

    def __init__(self, start: Start, make_sender: Optional[Callable[[Run], Sender]], settings: Settings, config: Mapping[str, Any]) -> None:
        self.id = start.id
        self.project = str(start.body["project"])
        self._name = str(start.body.get("name") or start.id)
        self._tags: Tuple[str, ...] = tuple(start.body.get("tags", ()))
        self._notes = start.body.get("notes")
        self.config = Config(self._config_changed)
        self.summary = Summary(self._summary_changed, self._summed)
        self._start = start
        self._settings = settings
        self._once = Once()
        self._lock = Lock()
        self._step = 0
        self._sieve = Sieve(self._leave_out)
        self._left_out = 0
        self._own_summary: Set[str] = set()
        self._alerted: Dict[str, float] = {}
        self._finished = False
        self._joins = start.joins
        self._joins_later = False
        self._config_values: Dict[str, Any] = self.config._values
        self._config_values.update(config)
        self._make_sender = make_sender
        self._parents: Any = None
        self._last = -1
        self._watches: List[Any] = []
        self._observers = Observers(self)
        self._buffer = Buffer(settings.buffer_bytes, self._sieve.sift)
        self._sender = self._new_sender()
        if self._sender is None:
            self._buffer.close()  # Nobody will take anything.

    @property
    def name(self) -> str:
        """For people; may be set."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = str(value)
        self._change({"name": clean_text(value, 256)})

    @property
    def tags(self) -> Tuple[str, ...]:
        """May be set."""
        return self._tags

    @tags.setter
    def tags(self, value: Sequence[str]) -> None:
        self._tags = tuple(str(tag) for tag in ([value] if isinstance(value, str) else value))
        self._change({"tags": [clean_text(tag, 128) for tag in self._tags]})

    @property
    def notes(self) -> Optional[str]:
        """May be set."""
        return self._notes

    @notes.setter
    def notes(self, value: str) -> None:
        self._notes = str(value)
        self._change({"notes": clean_text(value, 16_384)})

    @property
    def rank(self) -> int:
        """Of this process among those that share the run: 0 for the first or only one."""
        return self._start.rank

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

    def log(self, data: Mapping[str, Any], step: Optional[int] = None, commit: Optional[bool] = None, **_: Any) -> None:
        """Logs values of one step.

        data: numbers (Python's, numpy's, torch's, with one element), `Histogram`s, and dictionaries of them, whose keys are joined by "/".
            NaN and infinities are kept. Anything else is left out, counted, and named once. A tensor on a GPU is fetched, which waits for it.
        step: whole number within ±2^53. Without it the run counts: 0, 1, 2…; after a call with a step the next one without goes to that step, too.
        commit: False keeps the run's own count where it is, so that the next call without a step joins this one; True moves it on.
        """
        try:
            if type(step) is int and commit is None and -MAX_STEP <= step <= MAX_STEP:
                if step > self._step:
                    self._step = step
                at = step
            else:
                found = self._next(step, commit, len(data))
                if found is None:
                    return
                at = found
            self._last = at
            # Plain numbers are copied here, and looked at later, beside the training: see `Sieve`.
            for value in data.values():
                if type(value) is not float and type(value) is not int:
                    data = self._numbers(data, at)
                    break
            values = dict(data)
            taken = self._buffer.add_row(at, clock(), values)
            if not taken or self._joins_later:
                if self._sender is None:
                    self._sieve.sift(values)  # Disabled: the summary is kept all the same.
                self._put(taken)
        except Exception as error:
            self._leave_out("log", f"log() could not use its arguments: {type(error).__name__}: {error}", 1)

    def _next(self, step: Any, commit: Optional[bool], count: int) -> Optional[int]:
        """The step that a call belongs to; None where it says none. Moves the run's own count on."""
        if step is None:
            with self._lock:
                at = self._step
                if commit is not False:
                    self._step = at + 1
            return at
        known = to_step(step)
        if known is None:
            self._leave_out("step", f"step {step!r} is not a whole number within ±2^53; what was logged with it is left out", count)
            return None
        self._step = max(self._step, known + 1 if commit else known)
        return known

    def _numbers(self, data: Mapping[str, Any], step: int) -> Dict[str, float]:
        values, histograms = self._sieve.split(data)
        for name, histogram in histograms:
            self._log_own_histogram(name, histogram, step)
        return values

    def log_histogram(self, name: str, values: Any, step: Optional[int] = None) -> None:
        """Logs the distribution of `values` (see `Histogram`) at a step; without one, at the step of the next `log`."""
        self.log({name: values if isinstance(values, Histogram) else Unbinned(values)}, step=step, commit=False)

    def alert(
        self, title: str, text: str = "", level: Optional[str] = None, wait_duration: Union[float, timedelta] = 0, step: Optional[int] = None, **_: Any,
    ) -> None:
        """Raises an alert from the code: it goes to the dashboard and to the project's channels.

        level: "info" (default), "warn", "high" or "crit"; wandb's "INFO", "WARN" and "ERROR" are understood.
        wait_duration: seconds, or a timedelta, within which another alert with the same title is left out. Default 0: none is; the
            channels then get one message a minute.
        """
        try:
            known = _LEVELS.get(str(getattr(level, "value", level) or "info").lower())
            if known is None:
                self._once.warn("level", "alert level %r is not known; it is sent as warn", level)
            wait = wait_duration.total_seconds() if isinstance(wait_duration, timedelta) else float(wait_duration or 0)
            if self._is_due(str(title), wait):
                data: Dict[str, Any] = {"text": clean_text(text, 100_000)}
                if wait > 0:
                    data["wait"] = wait
                self._event("alert", clean_text(title, 500), data, known or "warn", to_step(step) if step is not None else None)
        except Exception as error:
            self._leave_out("alert", f"alert() could not use its arguments: {type(error).__name__}: {error}", 1)

    def _is_due(self, title: str, wait: float) -> bool:
        now = time.monotonic()
        with self._lock:
            if wait > 0 and now - self._alerted.get(title, -math.inf) < wait:
                return False
            if len(self._alerted) < _MAX_TITLES or title in self._alerted:
                self._alerted[title] = now
            return True

    def log_event(self, kind: str, name: str = "", data: Optional[Mapping[str, Any]] = None, step: Optional[int] = None, level: Optional[str] = None) -> None:
        """Logs something that is no number: the result of a probe, a note, … step: default, that of the last `log`.

        kind: one of probe, alert, console, batch, env, note, resume. data: becomes JSON, at most 1 MiB of it.
        """
        try:
            at = to_step(step) if step is not None else max(self._last, 0)
            self._event(str(kind), clean_text(name, 500), dict(data or {}), level, at)
        except Exception as error:
            self._leave_out("event", f"log_event() could not use its arguments: {type(error).__name__}: {error}", 1)

    def log_batch(self, ids: Union[str, int, Sequence[Any]], step: Optional[int] = None) -> None:
        """Says which samples, or which batch, the step was trained on, so that spikes can be traced to data. At most 64 ids are kept."""
        try:
            known = [ids] if isinstance(ids, (str, int)) else list(ids.tolist() if hasattr(ids, "tolist") else ids)[:64]
            self.log_event("batch", "", {"ids": [clean_text(id, 200) for id in known]}, self._step if step is None else step)
        except Exception as error:
            self._leave_out("batch", f"log_batch() could not use its arguments: {type(error).__name__}: {error}", 1)

    def watch(self, models: Any, *others: Any, **options: Any) -> None:
        """Logs what happens inside a PyTorch model, every n steps: `watch(model, optimizer, scaler)`. See `tracker.torch.watch` for the options.

        wandb's arguments (criterion, log, log_freq, idx, log_graph) are understood. What is no PyTorch model is named once and left alone.
        """
        try:
            from .torch import watch
        except ImportError:
            self._leave_out("watch", f"{type(models).__name__} is no PyTorch model: PyTorch is not installed", 0)
            return
        try:
            for model in models if isinstance(models, (list, tuple)) else [models]:
                self._watches.append(watch(self, model, *others, **options))
        except Exception as error:
            self._leave_out("watch", f"watch() could not use its arguments: {type(error).__name__}: {error}", 0)

    def unwatch(self, *models: Any) -> None:
        """Ends `watch` of the models, or of all."""
        ended = [watch for watch in self._watches if not models or any(watch.model is model for model in models)]
        self._watches = [watch for watch in self._watches if watch not in ended]
        for watch in ended:
            watch.close()

    def finish(self, exit_code: Optional[int] = None) -> None:
        """Sends what is left and closes the run as finished, or as failed where `exit_code` is not 0.

        Waits at most `Settings.finish_timeout` seconds and says what did not arrive: it stays on disk, and the next process sends it. In a
        forked child it sends what the child logged and leaves the run open. Calling it again does nothing.
        """
        self._close("finished" if not exit_code else "failed", exit_code or 0)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], _: Optional[TracebackType]) -> None:
        self._close(*exit_state(kind, error))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        there = ", ".join(sorted({*(key for key in vars(type(self)) if key[0] != "_"), "id", "project", "config", "summary"}))
        raise AttributeError(f"a run has no {name!r}: it has {there}")

    def __repr__(self) -> str:
        return f"<tracker.Run {self.project}/{self.name} ({self.id})>"

    def _new_sender(self) -> Optional[Sender]:
        return self._make_sender(self) if self._make_sender is not None else None

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
        self._observers.start()

    def _log_own(self, values: Dict[str, float], step: int) -> None:
        """Values that the package measures: they move no step and are no summary."""
        if values:
            self._put(self._buffer.add_own(step, clock(), values))

    def _log_own_histogram(self, name: str, histogram: Histogram, step: int) -> None:
        self._put(self._buffer.add_histogram(step, clock(), name, histogram))

    def _change(self, properties: Dict[str, Any]) -> None:
        if self._sender is not None and not self._finished:
            self._sender.change(properties)

    def _put(self, taken: bool) -> None:
        if taken:
            if self._joins_later:
                self._join()
        elif self._finished:
            self._once.warn("finished", "run %s is finished; what is logged to it now is dropped", self.id)
        elif self._sender is not None and not self._buffer.closed:
            self._once.warn("full", "%d MiB wait for the spool; what is logged now is dropped until there is room", self._settings.buffer_bytes >> 20)

    def _leave_out(self, key: str, message: str, count: int) -> None:
        self._left_out += count
        self._once.warn(key, "%s", message)

    def _event(self, kind: str, name: str, data: Dict[str, Any], level: Optional[str] = None, step: Optional[int] = None) -> None:
        event: Dict[str, Any] = {"kind": kind, "name": name, "time": int(clock() * 1000), "data": to_json(data)}
        if level is not None:
            event["level"] = level
        if step is not None:
            event["step"] = step
        self._put(self._buffer.add_event(event))

    def _config_changed(self, _: str) -> None:
        self._change({"config": to_json(dict(self._config_values))})

    def _summed(self) -> Dict[str, Any]:
        self._buffer.settle()
        return self._sieve.last

    @property
    def _known(self) -> Set[str]:
        """Names of the series that the script logs."""
        self._buffer.settle()
        return self._sieve.names

    def _summary_changed(self, key: str) -> None:
        self._own_summary.add(key)

    def _after_fork(self) -> None:
        """In a forked child: what the parent holds is the parent's to send. The child is a writer of its own, from its first point on."""
        if self._sender is None or self._finished:
            return
        self._joins = self._joins_later = True
        self._sender.forget()
        self._once = Once()
        self._watches = []
        self._observers.after_fork()
        self._parents = (self._buffer, self._sender)  # Held, not freed: freeing would copy every page that the processes share.
        self._lock = Lock()
        self._buffer = Buffer(self._settings.buffer_bytes, self._sieve.sift)
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
        end = time.monotonic() + self._settings.finish_timeout
        self.unwatch()
        self._observers.stop()
        summary = self._summed()
        own = {key: summary[key] for key in self._own_summary if key in summary}
        if own and not self._joins:
            self._event("note", "summary", own)
        if self._sender is not None:
            finish = None if self._joins else {"state": state, "exitCode": exit_code}
            arrived = self._sender.close(finish, max(end - time.monotonic(), 0.0))
            self._tell_the_end(self._sender, arrived, state)
        self._buffer.close()

    def _tell_the_end(self, sender: Sender, arrived: bool, state: str) -> None:
        left, dropped = sender.left, self._buffer.dropped + sender.dropped
        if not arrived and sender.state.refusal is None:
            fate = f"are kept in {sender.folder} and sent by the next process that logs there, or by `python -m tracker sync`" if sender.kept else "are lost"
            logger.warning("run %s: %d points did not reach the server within %g s and %s", self.id, left, self._settings.finish_timeout, fate)
        if dropped or self._left_out:
            logger.warning("run %s: %d points dropped, %d values left out", self.id, dropped, self._left_out)
        if arrived and not self._joins:
            where = sender.state.url if sender.courier is not None else f"kept in {sender.folder}; `python -m tracker sync` sends it"
            logger.info("run %s is %s%s", self.name, state, f": {where}" if where else "")

