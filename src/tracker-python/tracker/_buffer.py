"""What has been logged and is not yet acknowledged: pages in memory, each the content of one batch."""

from __future__ import annotations

import json
from collections import deque
from threading import Event, Lock
from typing import Any, Deque, Dict, List, Optional, Tuple

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


class Buffer:
    """Pages in order, bounded by bytes. What does not fit is dropped and counted.

    Who adds faster than the spool takes, which no training does, is held up for as long as the spool goes on taking; when it stands still for
    50 ms, nobody waits any more until it moves again.

    One thread takes, for the spool. A page counts against the bound until it is released.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._some, self._enough = Event(), Event()
        self._full: Deque[Page] = deque()
        self._page = Page()
        self._held = 0
        self._freed = Event()
        self._stands_still = False
        self.points = 0
        self.taken = 0
        self.dropped = 0
        self.closed = False

    def add_row(self, step: int, time: int, values: Dict[str, float]) -> bool:
        count = len(values)
        if self._held >= self._limit - ROW_BYTES - VALUE_BYTES * count:
            self._wait_for_room(ROW_BYTES + VALUE_BYTES * count)
        with self._lock:
            page = self._room(ROW_BYTES + VALUE_BYTES * count, count)
            if page is None:
                return False
            page.rows.append((step, time, values))
            self._added(page)
            return True

    def add_histogram(self, step: int, time: int, name: str, histogram: Histogram) -> bool:
        with self._lock:
            page = self._room(ROW_BYTES + 2 * VALUE_BYTES * len(histogram.counts), 1)
            if page is None:
                return False
            page.histograms.append((step, time, name, histogram))
            self._added(page)
            return True

    def add_event(self, event: Dict[str, Any]) -> bool:
        size = ROW_BYTES + 2 * len(to_text(event))
        with self._lock:
            page = self._room(size, 1)
            if page is None:
                return False
            page.events.append(event)
            self._added(page)
            return True

    def _wait_for_room(self, size: int) -> None:
        while self._held + size > self._limit and not self.closed and not self._stands_still:
            self._freed.clear()
            if self._held + size > self._limit and not self._freed.wait(_MOST_WAIT):
                self._stands_still = True

    def _room(self, size: int, count: int) -> Optional[Page]:
        if self.closed or self._held + size > self._limit:
            self.dropped += count
            return None
        self._held += size
        self.points += count
        self.taken += count
        page = self._page
        page.size += size
        page.points += count
        return page

    def _added(self, page: Page) -> None:
        if page.size >= PAGE_BYTES or len(page.events) >= PAGE_EVENTS:
            self._full.append(page)
            self._page = Page()
            self._enough.set()
        if not self._some.is_set():
            self._some.set()

    def take(self, wait: float, linger: float) -> Optional[Page]:
        """The oldest page: waits up to `wait` seconds for a first point, then up to `linger` for a full page."""
        if not self._some.wait(wait):
            return None
        if linger > 0:
            self._enough.wait(linger)
        with self._lock:
            page: Optional[Page] = None
            if self._full:
                page = self._full.popleft()
            elif self._page.points:
                page, self._page = self._page, Page()
            if not self._full:
                if not self._page.points:
                    self._some.clear()
                if not self.closed:
                    self._enough.clear()
            return page

    def release(self, page: Page, dropped: bool = False) -> None:
        """The page is acknowledged, or given up."""
        with self._lock:
            self._held -= page.size
            self.points -= page.points
            if dropped:
                self.dropped += page.points
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
        self.hurry()

    def discard(self) -> None:
        """Gives up everything that is held, counted as dropped."""
        with self._lock:
            self.closed = True
            for page in (*self._full, self._page):
                self._held -= page.size
                self.points -= page.points
                self.dropped += page.points
            self._full.clear()
            self._page = Page()
