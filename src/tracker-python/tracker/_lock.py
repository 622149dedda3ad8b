"""A lock on a file that the system gives back when its owner dies, however it dies."""

from __future__ import annotations

import os
from typing import Optional

try:
    import fcntl
except ImportError:  # Windows.
    fcntl = None  # type: ignore[assignment]


class FileLock:
    """Held until `release` or the end of the process. Children of a fork share it: they call `forget`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: Optional[int] = descriptor

    @classmethod
    def take(cls, path: str) -> Optional[FileLock]:
        """The lock, or None where another process holds it. Raises OSError where the file cannot be opened."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            else:
                import msvcrt

                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            os.close(descriptor)
            return None
        return cls(descriptor)

    def release(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    forget = release  # Closing a copy that a fork made leaves the owner's lock as it is.
