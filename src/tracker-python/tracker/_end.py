"""How a script ends, as the state of its run."""

from __future__ import annotations

from typing import Optional, Tuple, Type


class Terminated(SystemExit):
    """A signal that ends the process: raised in the main thread, so that ``with`` blocks and exit handlers run."""


def exit_state(kind: Optional[Type[BaseException]], error: Optional[BaseException]) -> Tuple[str, int]:
    """What a run's state and exit code are when a script ends by an exception, or by none."""
    if kind is None:
        return "finished", 0
    if issubclass(kind, KeyboardInterrupt):
        return "killed", 130
    if issubclass(kind, Terminated):
        return "killed", int(getattr(error, "code", 143))
    if issubclass(kind, SystemExit):
        code = getattr(error, "code", None)
        number = code if isinstance(code, int) else 0 if code is None else 1
        return ("failed" if number else "finished"), number
    return "failed", 1
