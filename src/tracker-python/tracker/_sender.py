"""The background threads of a run: one puts what is logged into the spool, one creates the run, sends the spool in order and shows that it lives."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, Callable, Dict, List, Optional

from ._buffer import Buffer, to_text
from ._catchup import send_spool
from ._courier import Courier
from ._dispatch import Dispatcher, new_writer
from ._errors import RefusedError
from ._http import Answer, Transport
from ._messages import Once, logger
from ._settings import Settings
from ._spool import BATCH, REQUEST, Record, Spool, folders

_BEHIND = 32  # Batches under way from which on they are made larger, so that catching up is quick.


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
    rank: int = 0


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
    """Owns the spool of one writer and the connection that it is sent by. Offline there is no connection, and the spool stays."""

    def __init__(
        self, start: Start, buffer: Buffer, settings: Settings, once: Once, url: str, connect: Optional[Callable[[], Transport]],
        parent: Optional[str], joins: bool,
    ) -> None:
        self._start = start
        self._buffer = buffer
        self._settings = settings
        self._once = once
        self._joins = joins  # A rank or a forked child: another process creates and finishes the run.
        self._parent = parent
        self._transport = connect() if connect is not None else None
        self._changes: List[Dict[str, Any]] = []
        self._finish: Optional[Dict[str, Any]] = None
        self._gathered, self._done = Event(), Event()
        self._path = f"/runs/{start.id}"
        self._number = self._sent = 0
        self._begun = False
        self._head = {"url": url, "mode": "online" if connect is not None else "offline", "writer": new_writer(), "run": start.id, "create": start.body}
        self._spool: Optional[Spool] = None
        self.dropped = 0
        self.folder: Optional[str] = None
        self.state = State()
        self.courier = Courier(self._transport, settings, once) if self._transport is not None else None
        if self.courier is not None:
            self.courier.on_failure = self.state.ready.set

    @property
    def writer(self) -> str:
        return str(self._head["writer"])

    @property
    def left(self) -> int:
        """Points that the server has not acknowledged."""
        return self._buffer.points + (self._spool.points if self._spool is not None else 0)

    @property
    def kept(self) -> bool:
        """Whether what is left stays on disk."""
        return self.folder is not None and self._buffer.points == 0

    def begin(self) -> None:
        self._begun = True
        spool = self._spool = Spool.create(self._parent, self._head, self._settings.spool_bytes, self._settings.buffer_bytes)
        self.folder = spool.folder
        if spool.failure is not None:
            self._once.warn("spool", "no spool on disk (%s): what the server has not taken is in memory only", spool.failure)
        Thread(target=self._gather, args=(spool,), name="tracker-spooler", daemon=True).start()
        if self.courier is not None:
            Thread(target=self._run, args=(spool, self.courier), name="tracker-sender", daemon=True).start()
        else:
            self.state.ready.set()

    def change(self, properties: Dict[str, Any]) -> None:
        """Sends changed properties of the run: config, name, tags, notes, …"""
        self._changes.append(properties)
        self._buffer.wake()

    def close(self, finish: Optional[Dict[str, Any]], timeout: float) -> bool:
        """Sends what is left and then `finish`; true when all of it arrived (offline: is on disk) within `timeout` seconds."""
        if not self._begun:
            return True
        end = time.monotonic() + timeout
        self._finish = finish
        if self.courier is not None:
            self.courier.closing.set()
        self._buffer.close()
        arrived = self._gathered.wait(timeout)
        if self.courier is None:
            return arrived and self._buffer.points == 0 and self.folder is not None
        arrived = self._done.wait(max(end - time.monotonic(), 0.0)) and arrived
        self.courier.abandoned.set()
        self._done.wait(0.1)  # So that the folder is let go before the process ends.
        return arrived and self.left == 0 and self.state.refusal is None

    def forget(self) -> None:
        """In a forked child."""
        if self._spool is not None:
            self._spool.forget()

    def _gather(self, spool: Spool) -> None:
        """Memory → spool, until the run is closed."""
        settings, buffer = self._settings, self._buffer
        try:
            while not self._done.is_set():
                closing = buffer.closed
                linger = settings.flush_interval * (5 if self._is_behind() else 1)
                page = buffer.take(0.0 if closing else 1.0, 0.0 if closing else linger)
                while self._changes:
                    self._keep_request(spool, "PATCH", self._path, self._changes.pop(0))
                if page is not None:
                    self._number += 1
                    kept = spool.append(Record(BATCH, self._number, page.points, page.encode(self.writer, self._number, self._start.prefix)))
                    if not kept:
                        self._number -= 1
                        self._once.warn("full", "spool and memory are full; what is logged now is dropped until there is room")
                    buffer.release(page, dropped=not kept)
                    if spool.failure is not None:
                        self._once.warn("spool", "the spool on disk takes no more (%s); batches are kept in memory", spool.failure)
                elif closing:
                    break
            if self._finish is not None:
                self._keep_request(spool, "POST", f"{self._path}/finish", self._finish)
        except Exception as error:  # Nothing here may end the training, not even a mistake of ours.
            logger.warning("logging of run %s stopped: %s: %s", self._start.id, type(error).__name__, error)
            buffer.close()
        finally:
            spool.close()
            if self.courier is None:
                spool.leave()
            self._gathered.set()

    def _is_behind(self) -> bool:
        return self._number - self._sent > _BEHIND

    def _keep_request(self, spool: Spool, method: str, path: str, body: Dict[str, Any]) -> None:
        if not spool.append(Record(REQUEST, 0, 0, to_text({"method": method, "path": path, "body": body}).encode("ascii"))):
            self._once.warn(f"full {path}", "no room for %s %s", method, path)

    def _run(self, spool: Spool, courier: Courier) -> None:
        """Spool → server."""
        try:
            if self._joins:
                self.state.ready.set()
            elif not self._create(courier):
                if self.state.refusal is not None and self.state.refusal.status not in (401, 403):
                    self._give_up(spool)
                return
            self._catch_up(courier)
            self._send_all(spool, courier)
        except Exception as error:
            logger.warning("logging of run %s stopped: %s: %s", self._start.id, type(error).__name__, error)
        finally:
            self._buffer.close()
            self.state.ready.set()
            self._gathered.wait(1.0)
            spool.leave()
            if self._transport is not None:
                self._transport.close()
            self._done.set()

    def _give_up(self, spool: Spool) -> None:
        self._buffer.discard()
        self._gathered.wait(1.0)
        self.dropped += spool.discard()

    def _create(self, courier: Courier) -> bool:
        body = self._start.body
        # An attempt whose answer was lost may have created the run.
        again = body if body["resume"] == "must" else dict(body, resume="allow")
        answer = courier.deliver("POST", "/runs", to_text(body).encode("ascii"), again=to_text(again).encode("ascii"))
        if answer is None:
            return False
        if not answer.is_success:
            refusal = RefusedError(f"the server refused run {self._start.id}: {answer.explain()}", answer.status)
            self._once.warn("refused", "%s", refusal)
            self.state.refusal = refusal
            return False
        self.state.url = answer.content.get("url")
        if answer.status == 200 and not self._start.own_id:
            run = courier.deliver("GET", self._path, None, attempts=3)
            last = run.content.get("lastStep") if run is not None else None
            if isinstance(last, int):
                self.state.next_step = last + 1
        self.state.ready.set()
        return True

    def _catch_up(self, courier: Courier) -> None:
        """What an earlier life of this very run left goes first."""
        for path in folders(self._parent) if not self._start.own_id else []:
            send_spool(path, courier, self._once, lambda spool: spool.head["create"].get("id") == self._start.id and spool.head.get("url") == self._head["url"])

    def _send_all(self, spool: Spool, courier: Courier) -> None:
        dispatcher = Dispatcher(spool, courier, self._once, self._note)
        while not courier.abandoned.is_set():
            idle = time.monotonic() - courier.last_answer
            record = spool.peek(max(self._settings.heartbeat_interval - idle, 0.0))
            if record is not None:
                if not dispatcher.send(record):
                    return
                spool.advance(record)
                self._sent = record.number or self._sent
                self.dropped += dispatcher.dropped
                dispatcher.dropped = 0
                if dispatcher.deleted:
                    self._give_up(spool)
                    return
            elif spool.closed:
                return
            elif time.monotonic() - courier.last_answer >= self._settings.heartbeat_interval:
                self._heartbeat(courier)

    def _heartbeat(self, courier: Courier) -> None:
        answer = courier.deliver("POST", f"{self._path}/heartbeat", to_text({"writer": self.writer}).encode("ascii"), attempts=1)
        if answer is None:
            courier.pause()
        elif answer.is_success:
            self._note(answer)

    def _note(self, answer: Answer) -> None:
        stop = answer.content.get("stop")
        if isinstance(stop, dict) and self.state.stop is None:
            self.state.stop = stop
            logger.info("run %s is asked to stop: %s", self._start.id, stop.get("reason") or "no reason given")
        rejected = answer.content.get("rejected")
        if isinstance(rejected, list) and rejected:
            self.state.rejected += len(rejected)
            self._once.warn("rejected", "the server kept all but %d points; the first one: %s", len(rejected), rejected[0])
