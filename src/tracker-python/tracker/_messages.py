"""What the package says: one logger, `tracker`, on standard error, each warning once a run."""

from __future__ import annotations

import logging
import sys
from typing import Any, Set


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg]
    """Looks up `sys.stderr` at each line, so that notebooks and test runners see it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:  # type: ignore[override]
        return sys.stderr


logger = logging.getLogger("tracker")
if not logger.handlers:
    _handler = _Stderr()
    _handler.setFormatter(logging.Formatter("tracker: %(message)s"))
    logger.addHandler(_handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


class Once:
    """Says a thing the first time only, so that a bad value in a loop is one line and not a million."""

    def __init__(self) -> None:
        self._said: Set[str] = set()

    def warn(self, key: str, message: str, *args: object) -> None:
        if key not in self._said:
            self._said.add(key)
            logger.warning(message, *args)

    def again(self, key: str) -> bool:
        """Lets `key` be said again; true if it had been said."""
        if key in self._said:
            self._said.discard(key)
            return True
        return False
