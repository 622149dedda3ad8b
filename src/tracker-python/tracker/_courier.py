"""Delivers one request at a time, again and again, until the server gives a definite answer."""

from __future__ import annotations

import http.client
import random
import socket
import time
from threading import Event
from typing import Callable, Optional

from ._http import Answer, Transport
from ._messages import Once, logger
from ._settings import Settings

_CLOSING_PAUSE = 0.5


class Courier:
    """The failure policy, apart from what is sent.

    No answer, 408, 425, 429 and 5xx are tried again (so are 401 and 403 where the key was taken before): the pause doubles from `retry_base` to `retry_cap`, half of it random, and is never
    shorter than Retry-After. Everything else is the server's word, and so is the `most_500`th 500 in a row: the server lives, and it is this request that fails.
    Once `closing` is set pauses are short; once `abandoned` is set, no more attempts.
    """

    def __init__(self, transport: Transport, settings: Settings, once: Once, attempts: int = 0) -> None:
        self._transport = transport
        self._settings = settings
        self._once = once
        self._failures = 0
        self._attempts = attempts  # Of one request, where the call does not say; 0: no bound.
        self.closing = Event()
        self.abandoned = Event()
        self.last_answer = time.monotonic()
        self.on_failure: Callable[[], None] = lambda: None

    def deliver(
        self, method: str, path: str, body: Optional[bytes], attempts: int = 0, most_500: int = 0, keyed: bool = False, again: Optional[bytes] = None,
    ) -> Optional[Answer]:
        """The definite answer, or None after `attempts` (0: no bound) or when abandoned. The same bytes every time.

        again: what is sent instead once an attempt may have arrived whose answer did not.
        keyed: the key was taken before; that it is not now (401, 403) is no answer to what is sent, and may be put right.
        """
        tried = failed = 0
        while not self.abandoned.is_set():
            least = 0.0
            try:
                answer = self._transport.request(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                reason = str(error) or type(error).__name__
                if not isinstance(error, (ConnectionRefusedError, socket.gaierror)):
                    body = again or body
            else:
                failed = failed + 1 if answer.status == 500 else 0
                if not (answer.is_transient or (keyed and answer.status in (401, 403))) or (failed and failed == most_500):
                    self._reached()
                    return answer
                reason, least = answer.explain(), answer.retry_after or 0.0
                if answer.status == 408 or answer.status >= 500:
                    body = again or body
            tried += 1
            self._missed(reason)
            if tried == (attempts or self._attempts):
                return None
            self.pause(least)
        return None

    @property
    def is_failing(self) -> bool:
        """Whether the last attempt failed."""
        return self._failures > 0

    def pause(self, least: float = 0.0) -> None:
        """Waits as the number of failures in a row demands."""
        doubled: float = self._settings.retry_base * 2.0 ** min(max(self._failures - 1, 0), 20)
        delay = max(min(doubled, self._settings.retry_cap) * (0.5 + random.random() / 2), least)
        if self.closing.is_set() or self.closing.wait(delay):
            self.abandoned.wait(min(delay, max(_CLOSING_PAUSE, least)))

    def failed(self) -> None:
        """An answer that was no transport failure, yet calls for a pause before the next attempt."""
        self._failures += 1

    def _missed(self, reason: str) -> None:
        self._failures += 1
        self._once.warn("away", "%s does not take data now (%s); points are kept and sent later", self._transport.name, reason)
        self.on_failure()

    def _reached(self) -> None:
        self.last_answer = time.monotonic()
        self._failures = 0
        if self._once.again("away"):
            logger.info("%s takes data again", self._transport.name)
