"""Copies what a script prints into its run, line by line; what is printed looks as before."""

from __future__ import annotations

import re
import sys
import time
from threading import Lock, local
from typing import Any, Callable, Dict, List

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
_MOST_LINE = 4_000
_BURST, _PER_SECOND = 1_000, 100

Sink = Callable[[str, str], None]
_within = local()


class Console:
    """Takes the place of `sys.stdout` and `sys.stderr` until `stop`. At most 100 lines a second are kept, after a first 1,000."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._lock = Lock()
        self._part: Dict[str, str] = {"stdout": "", "stderr": ""}
        self._room = float(_BURST)
        self._last = time.monotonic()
        self._left_out = 0
        self._tees: List[_Tee] = []
        for name in self._part:
            stream = getattr(sys, name)
            if stream is not None:
                tee = _Tee(stream, name, self._take)
                self._tees.append(tee)
                setattr(sys, name, tee)

    def stop(self) -> None:
        for tee in self._tees:
            tee.muted = True
            if getattr(sys, tee.name_of_stream) is tee:  # Somebody else may stand before it.
                setattr(sys, tee.name_of_stream, tee.stream)
        for name, part in self._part.items():
            if part.strip():
                self._keep(name, part)
            self._part[name] = ""
        if self._left_out:
            self._sink("stdout", f"({self._left_out} lines left out)")

    def after_fork(self) -> None:
        """In a forked child, where a thread that is gone may have held the lock."""
        self._lock = Lock()
        self._part = {"stdout": "", "stderr": ""}

    def _take(self, name: str, text: str) -> None:
        lines = []
        with self._lock:
            whole = self._part[name] + text
            *ended, rest = whole.split("\n")
            lines = ended
            self._part[name] = rest.rpartition("\r")[2][-_MOST_LINE:] if not rest.endswith("\r") else rest[-_MOST_LINE:]
        for line in lines:
            self._keep(name, line.rstrip("\r").rpartition("\r")[2])

    def _keep(self, name: str, line: str) -> None:
        line = _ESCAPES.sub("", line).rstrip()
        if not line:
            return
        with self._lock:
            now = time.monotonic()
            self._room = min(self._room + (now - self._last) * _PER_SECOND, _BURST)
            self._last = now
            if self._room < 1:
                self._left_out += 1
                return
            self._room -= 1
            left_out, self._left_out = self._left_out, 0
        if left_out:
            self._sink(name, f"({left_out} lines left out)")
        self._sink(name, line[:_MOST_LINE])


class _Tee:
    """A stream that also tells what is written to it. All else is the stream's own."""

    def __init__(self, stream: Any, name: str, take: Callable[[str, str], None]) -> None:
        self.stream = stream
        self.name_of_stream = name
        self.muted = False
        self._take = take

    def write(self, text: str) -> Any:
        written = self.stream.write(text)
        # What is said while a line is being kept would go round in circles.
        if not self.muted and isinstance(text, str) and not getattr(_within, "taking", False):
            _within.taking = True
            try:
                self._take(self.name_of_stream, text)
            except Exception:  # Printing must work, whatever happens here.
                pass
            finally:
                _within.taking = False
        return written

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def __iter__(self) -> Any:
        return iter(self.stream)
