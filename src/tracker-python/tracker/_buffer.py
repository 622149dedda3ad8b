"""What has been logged and is not yet acknowledged: pages in memory, each the content of one batch."""

from __future__ import annotations

import json
from collections import deque
from threading import Event, RLock
from typing import Any, Callable, Deque, Dict, List, NamedTuple, Optional, Tuple

from ._histogram import Histogram

PAGE_BYTES = 512 * 1024  # A body of half this size or less: many acknowledgements, little overhead.
PAGE_EVENTS = 1_000
ROW_BYTES, VALUE_BYTES = 200, 64  # What CPython needs for a row and for one name and float in it.

_MOST_WAIT = 0.05

to_text = json.JSONEncoder(separators=(",", ":")).encode


class Page:
    """The content of one batch. Rows are kept as they were logged; columns are made by the sender's thread."""

    __slots__ = ("rows", "histograms", "events", "size", "points")

    def __init__(self) -> None:
        self.rows: List[Tuple[int, int, Dict[str, float]]] = []
        self.histograms: List[Tuple[int, int, str, Histogram]] = []
        self.events: List[Dict[str, Any]] = []
        self.size = 0
        self.points = 0

    def encode(self, writer: str, number: int, prefix: str = "") -> bytes:
        """The body of ``POST /runs/{id}/log``. Series that share their steps and times share the text of them, too."""
        parts = [f'{{"writer":{to_text(writer)},"batch":{number}']
        if self.rows:
            parts.append(f',"series":[{",".join(self._series(prefix))}]')
        if self.histograms:
            parts.append(',"histograms":' + to_text([
                {"name": prefix + name, "step": step, "time": time, "edges": histogram.edges, "counts": histogram.counts}
                for step, time, name, histogram in self.histograms
            ]))
        if self.events:
            parts.append(',"events":' + to_text(self.events))
        parts.append("}")
        return "".join(parts).encode("ascii")

    def _series(self, prefix: str) -> List[str]:
        columns: Dict[str, Tuple[List[int], List[int], List[float]]] = {}
        for step, time, values in self.rows:
            for name, value in values.items():
                column = columns.get(name)
                if column is None:
                    column = columns[name] = ([], [], [])
                column[0].append(step)
                column[1].append(time)
                column[2].append(value)
        texts: Dict[Tuple[int, ...], str] = {}

        def shared(numbers: List[int]) -> str:
            key = tuple(numbers)
            text = texts.get(key)
            if text is None:
                text = texts[key] = to_text(numbers)
            return text

        return [
            f'{{"name":{to_text(prefix + name)},"steps":{shared(steps)},"times":{shared(times)},"values":{to_text(values)}}}'
            for name, (steps, times, values) in columns.items()
        ]


class _Own(NamedTuple):
    """Values that the package measures itself."""

    step: int
    time: float
    values: Dict[str, float]


class _Distribution(NamedTuple):
    step: int
    time: float
    name: str
    histogram: Histogram


class _Told(NamedTuple):
    event: Dict[str, Any]
    size: int


class Buffer:
    """What is logged, in its order, bounded by bytes. What does not fit is dropped and counted.

    Adding takes no lock and looks at nothing: to append to a deque is one step of the interpreter. Who takes sorts the entries into pages, and
    has each row looked at by `sift`, which gives what is kept of it. How much waits unsorted is an estimate that begins anew with each sorting.

    Who adds faster than the spool takes, which no training does, is held up for as long as the spool goes on taking; when it stands still for
    50 ms, nobody waits any more until it moves again.

    One thread takes, for the spool. A page counts against the bound until it is released.
    """

    def __init__(self, limit: int, sift: Callable[[Dict[str, float]], Dict[str, float]] = lambda values: values) -> None:
        self._limit = limit
        self._sift = sift
        self._entries: Deque[Any] = deque()  # Rows as plain tuples (step, time, values), anything else under its own type.
        self._unsorted = 0  # Bytes.
        self._mark = min(PAGE_BYTES, limit)  # Of unsorted bytes, from where on an addition looks for room.
        self._awake = True
        self._lock = RLock()  # What is said of a name may be logged, and that may read the summary.
        self._some, self._enough = Event(), Event()
        self._full: Deque[Page] = deque()
        self._page = Page()
        self._held = 0
        self._freed = Event()
        self._stands_still = False
        self._points = self._taken = 0
        self.dropped = 0
        self.closed = False

    @property
    def points(self) -> int:
        """Those that are not yet released."""
        self.settle()
        return self._points

    @property
    def taken(self) -> int:
        """All that ever fitted."""
        self.settle()
        return self._taken

    def add_row(self, step: int, time: float, values: Dict[str, float]) -> bool:
        """time: in seconds. values: kept as they are, so the caller's copy."""
        size = ROW_BYTES + VALUE_BYTES * len(values)
        if self._unsorted >= self._mark and not self._has_room(size, len(values)):
            return False
        self._entries.append((step, time, values))
        self._unsorted += size
        if not self._awake:
            self._wake()
        return True

    def add_own(self, step: int, time: float, values: Dict[str, float]) -> bool:
        return self._add(_Own(step, time, values), ROW_BYTES + VALUE_BYTES * len(values), len(values))

    def add_histogram(self, step: int, time: float, name: str, histogram: Histogram) -> bool:
        return self._add(_Distribution(step, time, name, histogram), ROW_BYTES + 2 * VALUE_BYTES * len(histogram.counts), 1)

    def add_event(self, event: Dict[str, Any]) -> bool:
        size = ROW_BYTES + 2 * len(to_text(event))
        return self._add(_Told(event, size), size, 1)

    def _add(self, entry: Any, size: int, count: int) -> bool:
        if self._unsorted >= self._mark and not self._has_room(size, count):
            return False
        self._entries.append(entry)
        self._unsorted += size
        if not self._awake:
            self._wake()
        return True

    def _wake(self) -> None:
        self._awake = True
        self._some.set()

    def _has_room(self, size: int, count: int) -> bool:
        if self._is_short_of(size):
            self._wait_for_room(size)
        if self.closed or self._is_short_of(size):
            with self._lock:
                self.dropped += count
            return False
        self._enough.set()
        return True

    def _is_short_of(self, size: int) -> bool:
        return self._held + self._unsorted + size > self._limit

    def _wait_for_room(self, size: int) -> None:
        self.hurry()
        while self._is_short_of(size) and not self.closed and not self._stands_still:
            self._freed.clear()
            if self._is_short_of(size) and not self._freed.wait(_MOST_WAIT):
                self._stands_still = True

    def settle(self) -> None:
        """Sorts what was added until now."""
        with self._lock:
            for _ in range(len(self._entries)):
                self._sort(self._entries.popleft())
            self._unsorted = 0
            self._set_mark()

    def _set_mark(self) -> None:
        self._mark = -1 if self.closed else min(PAGE_BYTES, self._limit - self._held)

    def _sort(self, entry: Any) -> None:
        page, kind = self._page, entry.__class__
        if kind is tuple or kind is _Own:
            step, time, values = entry
            if kind is tuple:
                values = self._sift(values)
            if not values:
                return
            page.rows.append((step, int(time * 1000), values))
            size, count = ROW_BYTES + VALUE_BYTES * len(values), len(values)
        elif kind is _Told:
            page.events.append(entry.event)
            size, count = entry.size, 1
        else:
            page.histograms.append((entry.step, int(entry.time * 1000), entry.name, entry.histogram))
            size, count = ROW_BYTES + 2 * VALUE_BYTES * len(entry.histogram.counts), 1
        page.size += size
        page.points += count
        self._held += size
        self._points += count
        self._taken += count
        if page.size >= PAGE_BYTES or len(page.events) >= PAGE_EVENTS:
            self._full.append(page)
            self._page = Page()

    def take(self, wait: float, linger: float) -> Optional[Page]:
        """The oldest page: waits up to `wait` seconds for a first point, then up to `linger` for a full page."""
        if not (self._full or self._page.points or self._entries):
            self._awake = False
            woken = bool(self._entries) or self._some.wait(wait)
            self._awake = True
            self._some.clear()
            if not woken:
                return None
        if linger > 0 and not self._full:
            self._enough.wait(linger)
        with self._lock:
            self.settle()
            page: Optional[Page] = None
            if self._full:
                page = self._full.popleft()
            elif self._page.points:
                page, self._page = self._page, Page()
            if not self._full and not self.closed:
                self._enough.clear()
            return page

    def release(self, page: Page, dropped: bool = False) -> None:
        """The page is acknowledged, or given up."""
        with self._lock:
            self._held -= page.size
            self._points -= page.points
            if dropped:
                self.dropped += page.points
            self._set_mark()
        self._stands_still = False
        self._freed.set()

    def wake(self) -> None:
        """Lets a waiting `take` return, with or without a page."""
        self._some.set()

    def hurry(self) -> None:
        """No more lingering: what is there is wanted at once."""
        self._enough.set()
        self._some.set()

    def close(self) -> None:
        """What is added from now on is dropped and counted; a waiting `take` returns."""
        with self._lock:
            self.closed = True
            self._set_mark()
        self.hurry()

    def discard(self) -> None:
        """Gives up everything that is held, counted as dropped."""
        with self._lock:
            self.closed = True
            self.settle()
            for page in (*self._full, self._page):
                self._held -= page.size
                self._points -= page.points
                self.dropped += page.points
            self._full.clear()
            self._page = Page()
