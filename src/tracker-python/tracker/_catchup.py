"""Sends what earlier processes left in their spools: after a crash, a kill, or an end while the server was away."""

from __future__ import annotations

import time
from threading import Thread
from typing import Callable, Optional

from ._courier import Courier
from ._dispatch import Dispatcher
from ._http import Transport
from ._messages import Once, logger
from ._settings import Settings
from ._spool import Spool, folders


def send_spool(path: str, courier: Courier, once: Once, wanted: Callable[[Spool], bool] = lambda _: True) -> Optional[bool]:
    """Sends one spool and removes it. True: all of it is settled. False: something is left. None: it lives, is gone, or is not wanted."""
    spool = Spool.adopt(path)
    if spool is None:
        return None
    if not wanted(spool):
        spool.abandon()
        return None
    points, sent = spool.points, Dispatcher(spool, courier, once)
    try:
        while True:
            record = spool.peek()
            if record is None:
                break
            if not sent.send(record):
                if sent.refused is not None:
                    once.warn(f"left {path}", "what an earlier process left in %s is refused: %s", path, sent.refused.explain())
                return False
            spool.advance(record)
            if sent.deleted:
                sent.dropped += spool.discard()
        if points:
            dropped = f", {sent.dropped + spool.lost} dropped" if sent.dropped or spool.lost else ""
            logger.info("%d points that an earlier process had left of run %s are sent%s", points - sent.dropped - spool.lost, sent.run, dropped)
        return True
    finally:
        spool.leave()


class CatchUp:
    """One thread for each server; it begins when a run does."""

    def __init__(self, parent: str, url: str, transport: Transport, settings: Settings) -> None:
        self._parent = parent
        self._url = url
        self._transport = transport
        self._settings = settings
        self._once = Once()
        self._courier = Courier(transport, settings, self._once)
        self._thread = Thread(target=self._run, name="tracker-catchup", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        """The process ends: it may go on for `finish_timeout` seconds while the server takes what it sends."""
        self._courier.closing.set()
        deadline = time.monotonic() + self._settings.finish_timeout
        while self._thread.is_alive() and not self._courier.is_failing and time.monotonic() < deadline:
            self._thread.join(0.05)
        self._courier.abandoned.set()

    def _run(self) -> None:
        try:
            for path in folders(self._parent):
                if self._courier.abandoned.is_set():
                    return
                send_spool(path, self._courier, self._once, lambda spool: spool.head.get("url") == self._url and spool.head.get("mode") == "online")
        except Exception as error:  # Never into the training.
            logger.warning("what earlier processes left is not sent now: %s: %s", type(error).__name__, error)
        finally:
            self._transport.close()
