"""The background thread of a run: creates it, sends its batches in order, shows that it lives, finishes it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, Dict, Optional

from ._buffer import Buffer, Page, to_text
from ._courier import Courier
from ._errors import RefusedError
from ._http import Answer, Transport
from ._messages import Once, logger
from ._settings import Settings

_REPEATS = 5
_MOST_500 = 20  # With the default pauses some five minutes.


@dataclass
class Start:
    """The body of ``POST /runs``, and what is known of it beside."""

    id: str
    body: Dict[str, Any]
    own_id: bool
    """The id was made here, of random bits: an answer that the run exists means that an earlier attempt arrived."""
    joins: bool = False
    """A rank above 0 of a shared run: another process creates and finishes it."""
    prefix: str = ""
    """Stands before the name of every series."""


@dataclass
class State:
    """What the server said, read by the run."""

    url: Optional[str] = None
    next_step: int = 0
    stop: Optional[Dict[str, Any]] = None
    refusal: Optional[RefusedError] = None
    rejected: int = 0
    ready: Event = field(default_factory=Event)
    """Set when `init` need not wait any longer: the run is there, refused, or the server is away."""


class Sender:
    """Batches have the numbers 1, 2, 3… of one writer; one is in flight, with the same bytes and number until the server answers for it."""

    def __init__(self, start: Start, buffer: Buffer, transport: Transport, settings: Settings, once: Once, joins: bool = False) -> None:
        self._start = start
        self._buffer = buffer
        self._transport = transport
        self._settings = settings
        self._once = once
        self._joins = joins  # A rank or a forked child: another process creates and finishes the run.
        self._number = 0
        self._config: Optional[Dict[str, Any]] = None
        self._finish: Optional[Dict[str, Any]] = None
        self._done = Event()
        self._path = f"/runs/{start.id}"
        self._thread: Optional[Thread] = None
        self.courier = Courier(transport, settings, once)
        self.writer = new_writer()
        self.state = State()
        self.courier.on_failure = self.state.ready.set

    def begin(self) -> None:
        self._thread = Thread(target=self._run, name="tracker-sender", daemon=True)
        self._thread.start()

    def change_config(self, config: Dict[str, Any]) -> None:
        self._config = config
        self._buffer.wake()

    def close(self, finish: Optional[Dict[str, Any]], timeout: float) -> bool:
        """Sends what is left and then `finish`; true when all of it arrived within `timeout` seconds."""
        self._finish = finish
        self._buffer.close()
        self.courier.closing.set()
        arrived = self._thread is None or self._done.wait(timeout)
        self.courier.abandoned.set()
        return arrived and self._buffer.points == 0

    def _run(self) -> None:
        try:
            if self._joins:
                self.state.ready.set()
            if self._joins or self._create():
                self._send_all()
                if self._finish is not None:
                    self._deliver_json("POST", f"{self._path}/finish", self._finish)
        except Exception as error:  # Nothing here may end the training, not even a mistake of ours.
            logger.warning("logging of run %s stopped: %s: %s", self._start.id, type(error).__name__, error)
        finally:
            self._buffer.closed = True
            self.state.ready.set()
            self._transport.close()
            self._done.set()

    def _create(self) -> bool:
        answer = self._deliver_json("POST", "/runs", self._start.body)
        if answer is None:
            return False
        if not answer.is_success:
            self.state.refusal = RefusedError(f"the server refused run {self._start.id}: {answer.explain()}", answer.status)
            self._once.warn("refused", "%s", self.state.refusal)
            self._buffer.discard()
            return False
        self.state.url = answer.content.get("url")
        if answer.status == 200 and not self._start.own_id:
            run = self.courier.deliver("GET", self._path, None, attempts=3)
            last = run.content.get("lastStep") if run is not None else None
            if isinstance(last, int):
                self.state.next_step = last + 1
        self.state.ready.set()
        return True

    def _send_all(self) -> None:
        settings = self._settings
        while not self.courier.abandoned.is_set():
            idle = time.monotonic() - self.courier.last_answer
            closing = self.courier.closing.is_set()
            wait = 0.0 if closing else max(settings.heartbeat_interval - idle, 0.0)
            page = self._buffer.take(wait, 0.0 if closing else settings.flush_interval)
            config, self._config = self._config, None
            if config is not None:
                self._patch(config)
            if page is not None:
                self._send(page)
            elif closing:
                return
            elif time.monotonic() - self.courier.last_answer >= settings.heartbeat_interval:
                self._heartbeat()

    def _send(self, page: Page) -> None:
        answer: Optional[Answer] = None
        for _ in range(_REPEATS):
            body = page.encode(self.writer, self._number + 1, self._start.prefix)
            answer = self.courier.deliver("POST", f"{self._path}/log", body, most_500=_MOST_500)
            if answer is None or not self._must_repeat(answer):
                break
        if answer is None or self._unheard(answer):
            return  # Abandoned: the page stays counted among what is left.
        if answer.is_success:
            self._number += 1
            self._buffer.release(page)
            self._note_rejected(answer)
            self._note_stop(answer)
            return
        # Not stored, so its number is free for the next batch.
        self._buffer.release(page, dropped=True)
        if answer.status == 410:
            self._buffer.discard()
            self._once.warn("deleted", "run %s was deleted on the server; nothing more is sent", self._start.id)
        else:
            self._once.warn(f"dropped {answer.status}", "a batch of %d points was refused and dropped: %s", page.points, answer.explain())

    def _unheard(self, answer: Answer) -> bool:
        return self.courier.abandoned.is_set() and answer.status in (404, 409)

    def _must_repeat(self, answer: Answer) -> bool:
        """Whether the batch goes out again, after the cause is put right."""
        if answer.status == 409:
            through = answer.content.get("acceptedThrough")
            logger.info("the server holds batch %s of writer %s where %d was sent; going on as a new writer", through, self.writer, self._number + 1)
        elif answer.status == 404:
            # The server lost the run, or never had it yet: this process joins, and came before the one that creates.
            again = dict(self._start.body, resume="allow")
            created = self._deliver_json("POST", "/runs", again)
            if created is None or not created.is_success:
                return False
        else:
            return False
        self.writer, self._number = new_writer(), 0
        self.courier.failed()
        self.courier.pause()
        return True

    def _heartbeat(self) -> None:
        answer = self._deliver_json("POST", f"{self._path}/heartbeat", {"writer": self.writer}, attempts=1)
        if answer is not None and answer.is_success:
            self._note_stop(answer)
        elif answer is None:
            self.courier.pause()

    def _patch(self, config: Dict[str, Any]) -> None:
        answer = self._deliver_json("PATCH", self._path, {"config": config})
        if answer is not None and not answer.is_success:
            self._once.warn("config", "the server did not take the changed config: %s", answer.explain())

    def _deliver_json(self, method: str, path: str, content: Dict[str, Any], attempts: int = 0) -> Optional[Answer]:
        return self.courier.deliver(method, path, to_text(content).encode("ascii"), attempts)

    def _note_stop(self, answer: Answer) -> None:
        stop = answer.content.get("stop")
        if isinstance(stop, dict) and self.state.stop is None:
            self.state.stop = stop
            logger.info("run %s is asked to stop: %s", self._start.id, stop.get("reason") or "no reason given")

    def _note_rejected(self, answer: Answer) -> None:
        rejected = answer.content.get("rejected")
        if isinstance(rejected, list) and rejected:
            self.state.rejected += len(rejected)
            self._once.warn("rejected", "the server kept all but %d points; the first one: %s", len(rejected), rejected[0])


def new_writer() -> str:
    """64 random bits: no two lives of a process share it."""
    return os.urandom(8).hex()
