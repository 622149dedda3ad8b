"""Sends the records of one spool in order, each once: what the answers of the server mean for them."""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Dict, Optional

from ._buffer import to_text
from ._courier import Courier
from ._http import Answer
from ._messages import Once, logger
from ._spool import BATCH, Record, Spool

_REPEATS = 5
_MOST_500 = 20  # With the default pauses some five minutes.


class Dispatcher:
    """Batches have the numbers 1, 2, 3… of one writer; one is in flight, with the same bytes and number until the server answers for it.

    A batch that the server refuses for good is replaced by a note that says so, under the same number: the loss is seen in the run, and
    the numbers stay without gaps, whoever sends them.
    """

    def __init__(self, spool: Spool, courier: Courier, once: Once, answered: Callable[[Answer], None] = lambda _: None) -> None:
        self.run = str(spool.head["create"]["id"])
        self.dropped = 0
        self.deleted = False
        self.refused: Optional[Answer] = None
        self._spool = spool
        self._courier = courier
        self._once = once
        self._answered = answered
        moved = spool.moved_to()
        self._writer, self._first = moved if moved is not None else (spool.writer, 1)

    def send(self, record: Record) -> bool:
        """True when the record is settled: stored, or given up and counted. False when no attempt may be made any more."""
        if record.kind != BATCH:
            return self._request(record)
        if record.number < self._first:
            return True  # It was stored before the server lost track.
        answer: Optional[Answer] = None
        for _ in range(_REPEATS):
            body = self._body(record)
            answer = self._courier.deliver("POST", f"/runs/{self.run}/log", body, most_500=_MOST_500, keyed=True)
            if answer is None or not self._must_repeat(answer, record):
                break
        if answer is None or (self._courier.abandoned.is_set() and answer.status in (404, 409)) or self.refused is not None:
            return False
        if answer.is_success:
            self._answered(answer)
            return True
        if answer.status == 410:
            self.deleted = True
            self._once.warn("deleted", "run %s was deleted on the server; nothing more is sent", self.run)
            return True
        self.dropped += record.points
        self._once.warn(f"dropped {answer.status}", "a batch of %d points was refused and dropped: %s", record.points, answer.explain())
        return self._fill(record, answer)

    def _body(self, record: Record) -> bytes:
        if self._writer == self._spool.writer and self._first == 1:
            return record.payload
        head, number = head_of(self._spool.writer, record.number), record.number - self._first + 1
        if record.payload.startswith(head):
            return head_of(self._writer, number) + record.payload[len(head):]
        # Another client's spool, which writes its members in another order.
        return to_text({**json.loads(record.payload), "writer": self._writer, "batch": number}).encode("ascii")

    def _fill(self, record: Record, answer: Answer) -> bool:
        event = {"kind": "note", "name": "dropped", "level": "warn", "data": {"points": record.points, "reason": answer.explain()[:1000]}}
        body = head_of(self._writer, record.number - self._first + 1) + b',"events":[' + to_text(event).encode("ascii") + b"]}"
        filled = self._courier.deliver("POST", f"/runs/{self.run}/log", body, most_500=3, keyed=True)
        # Where even the note is refused, the next batch meets a gap and goes on as a new writer.
        return filled is not None

    def _must_repeat(self, answer: Answer, record: Record) -> bool:
        """Whether the batch goes out again, after the cause is put right."""
        if answer.status == 409:
            through = answer.content.get("acceptedThrough")
            number = record.number - self._first + 1
            logger.info("the server holds batch %s of writer %s where %d was sent; going on as a new writer", through, self._writer, number)
            self._writer, self._first = new_writer(), record.number
            self._spool.move_to(self._writer, self._first)
        elif answer.status == 404:
            if not self._create_again():
                return False
        else:
            return False
        self._courier.failed()
        self._courier.pause()
        return True

    def _request(self, record: Record) -> bool:
        try:
            request: Dict[str, Any] = json.loads(record.payload)
            method, path, body = str(request["method"]), str(request["path"]), to_text(request["body"]).encode("ascii")
        except (ValueError, KeyError, TypeError):
            return True
        answer = self._courier.deliver(method, path, body, most_500=_MOST_500, keyed=True)
        if answer is not None and answer.status == 404 and self._create_again():
            answer = self._courier.deliver(method, path, body, most_500=_MOST_500, keyed=True)
        if answer is None or self.refused is not None:
            return False
        if not answer.is_success and answer.status != 410:
            self._once.warn(f"request {method} {path}", "the server did not take %s %s: %s", method, path, answer.explain())
        return True

    def _create_again(self) -> bool:
        """The server lost the run, or never had it: this process joins and came before the one that creates, or it never was online."""
        created = self._courier.deliver("POST", "/runs", to_text(dict(self._spool.head["create"], resume="allow")).encode("ascii"))
        if created is not None and created.status in (401, 403):
            self.refused = created
        return created is not None and created.is_success


def head_of(writer: str, number: int) -> bytes:
    """How the body of a batch begins."""
    return f'{{"writer":{to_text(writer)},"batch":{number}'.encode("ascii")


def new_writer() -> str:
    """64 random bits: no two lives of a process share it."""
    return os.urandom(8).hex()
