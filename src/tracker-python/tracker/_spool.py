"""Batches on disk until the server has them: what `log` took survives the death of the process.

The format is that of docs/spool.md, which the .NET client shares: a folder for each writer with a lock that its process holds, `head.json` (which run,
which server), segments `00000001.log`, … of checksummed records, and `position.json` after the server lost track of the writer.
Appending does not force the disk: a crash of the process loses nothing, a crash of the machine may lose its last seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import zlib
from collections import deque
from threading import Condition
from typing import Any, BinaryIO, Deque, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ._lock import FileLock

BATCH, REQUEST = 1, 2
SEGMENT_BYTES = 4 * 1024 * 1024
_KEPT_BYTES = 256 * 1024  # A segment whose records are all acknowledged is emptied from this size on.
_HEADER = struct.Struct("<IIHHQI")  # Length, checksum, kind, reserved, number, points.
_FORMAT = 1


class Record(NamedTuple):
    """kind: BATCH, or REQUEST whose payload is ``{"method", "path", "body"}``. number: of the batch. points: in it."""

    kind: int
    number: int
    points: int
    payload: bytes


class _Segment:
    """Records in order, written at the end, read from the front."""

    def __init__(self, path: Optional[str]) -> None:
        self.path = path  # None: in memory, where the disk takes no more.
        self.records: Deque[Record] = deque()
        self.read = self.end = self.points = 0
        self._writer: Optional[BinaryIO] = None
        self._reader: Optional[BinaryIO] = None

    def append(self, record: Record) -> None:
        if self.path is None:
            self.records.append(record)
        else:
            if self._writer is None:
                self._writer = open(self.path, "ab", buffering=0)
            data = memoryview(_pack(record))
            try:
                while data:
                    data = data[self._writer.write(data):]
            except OSError:
                self._writer.truncate(self.end)  # No half record may stand before the next one.
                raise
        self.end += _HEADER.size + len(record.payload)
        self.points += record.points

    def peek(self) -> Optional[Record]:
        if self.path is None:
            return self.records[0] if self.records else None
        if self.read >= self.end:
            return None
        if self._reader is None:
            self._reader = open(self.path, "rb", buffering=0)
        return _read(self._reader, self.read)

    def advance(self, record: Record) -> None:
        self.read += _HEADER.size + len(record.payload)
        self.points -= record.points
        if self.path is None:
            self.records.popleft()

    def empty(self) -> None:
        if self._writer is not None:
            self._writer.truncate(0)
        self.read = self.end = 0

    def close(self) -> None:
        for file in (self._writer, self._reader):
            if file is not None:
                file.close()
        self._writer = self._reader = None

    def remove(self) -> None:
        self.close()
        if self.path is not None:
            _unlink(self.path)


class Spool:
    """One thread appends, one takes from the front. Records leave the disk once they are acknowledged."""

    def __init__(self, folder: Optional[str], lock: Optional[FileLock], head: Dict[str, Any], disk_bytes: int, memory_bytes: int) -> None:
        self.folder = folder
        self.head = head
        self.writer = str(head["writer"])
        self.points = 0
        self.lost = 0
        self.failure: Optional[str] = None
        self._lock = lock
        self._disk_bytes, self._memory_bytes = disk_bytes, memory_bytes
        self._changed = Condition()
        self._segments: List[_Segment] = []
        self._count = 0
        self._held = [0, 0]  # Bytes in memory, bytes on disk.
        self._woken = False
        self.closed = False

    @classmethod
    def create(cls, parent: Optional[str], head: Dict[str, Any], disk_bytes: int, memory_bytes: int) -> Spool:
        """A new spool in `parent`; in memory alone where there is no parent, or where it cannot be written."""
        if not parent:
            return cls(None, None, head, 0, memory_bytes)
        folder = os.path.join(parent, str(head["writer"]))
        making = os.path.join(parent, f".{head['writer']}")
        try:
            os.makedirs(making, mode=0o700, exist_ok=True)
            lock = FileLock.take(os.path.join(making, "lock"))
            _write_json(os.path.join(making, "head.json"), {"format": _FORMAT, **head})
            os.rename(making, folder)  # Under its name it is whole and locked.
        except OSError as error:
            spool = cls(None, None, head, 0, memory_bytes)
            spool.failure = f"{parent}: {error.strerror or error}"
            return spool
        return cls(folder, lock, head, disk_bytes, memory_bytes)

    @classmethod
    def adopt(cls, folder: str) -> Optional[Spool]:
        """The spool that a process left behind; None where it lives, is gone, or where this is none."""
        try:
            if not os.path.exists(os.path.join(folder, "head.json")):
                return None
            lock = FileLock.take(os.path.join(folder, "lock"))
            if lock is None:
                return None
            with open(os.path.join(folder, "head.json"), encoding="utf-8") as file:
                head = json.load(file)
            if head.get("format") != _FORMAT or not isinstance(head.get("create"), dict):
                lock.release()
                return None
            spool = cls(folder, lock, head, 0, 0)
        except (OSError, ValueError, KeyError, AttributeError):
            return None
        for name in sorted(name for name in os.listdir(folder) if name.endswith(".log")):
            segment = _Segment(os.path.join(folder, name))
            for record in _records(str(segment.path)):
                segment.end += _HEADER.size + len(record.payload)
                segment.points += record.points
            spool.points += segment.points
            spool._segments.append(segment)
        spool.close()
        return spool

    def append(self, record: Record) -> bool:
        """False where neither disk nor memory has room."""
        size = _HEADER.size + len(record.payload)
        with self._changed:
            disk = self.folder is not None and self._held[1] + size <= self._disk_bytes
            if not (disk and self._append_to_disk(record)) and not self._append_to_memory(record, size):
                return False
            self.points += record.points
            self._changed.notify_all()
            return True

    def _append_to_disk(self, record: Record) -> bool:
        last = self._segments[-1] if self._segments else None
        try:
            if last is None or last.path is None or last.end >= SEGMENT_BYTES:
                self._count += 1
                last = _Segment(os.path.join(str(self.folder), f"{self._count:08d}.log"))
                last.append(record)
                self._segments.append(last)
            else:
                last.append(record)
        except OSError as error:
            self.failure = f"{self.folder}: {error.strerror or error}"
            return False
        self._held[1] += _HEADER.size + len(record.payload)
        return True

    def _append_to_memory(self, record: Record, size: int) -> bool:
        if self._held[0] + size > self._memory_bytes:
            return False
        if not self._segments or self._segments[-1].path is not None:
            self._segments.append(_Segment(None))
        self._segments[-1].append(record)
        self._held[0] += size
        return True

    def peek(self, wait: float = 0.0) -> Optional[Record]:
        """The oldest record, after at most `wait` seconds; it stays until `advance`."""
        with self._changed:
            record = self._front()
            if record is None and wait > 0 and not self.closed and not self._woken:
                self._changed.wait(wait)
                record = self._front()
            self._woken = False
            return record

    def _front(self) -> Optional[Record]:
        while self._segments:
            segment = self._segments[0]
            try:
                record = segment.peek()
            except OSError:
                record = None
            if record is not None:
                return record
            if len(self._segments) == 1 and segment.read >= segment.end:
                return None
            # Read to its end, or not readable any further: the next one.
            self._drop_first()
        return None

    def _drop_first(self) -> None:
        segment = self._segments.pop(0)
        self._held[segment.path is not None] -= segment.end
        self.points -= segment.points
        self.lost += segment.points
        segment.remove()

    def advance(self, record: Record) -> None:
        """`record`, which `peek` gave, is settled."""
        with self._changed:
            segment = self._segments[0]
            segment.advance(record)
            self.points -= record.points
            if segment.read < segment.end:
                return
            if len(self._segments) > 1 or segment.path is None:
                self._drop_first()
            elif segment.end >= _KEPT_BYTES and not self.closed:
                self._held[1] -= segment.end
                segment.empty()

    def moved_to(self) -> Optional[Tuple[str, int]]:
        """Writer and first batch of it, where the server lost track of the first writer."""
        if self.folder is None:
            return None
        try:
            with open(os.path.join(self.folder, "position.json"), encoding="utf-8") as file:
                position = json.load(file)
            return str(position["writer"]), int(position["from"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def move_to(self, writer: str, first: int) -> None:
        """From batch `first` on the records go out as 1, 2, 3… of `writer`."""
        if self.folder is not None:
            try:
                path = os.path.join(self.folder, "position.json")
                _write_json(path + ".new", {"writer": writer, "from": first})
                os.replace(path + ".new", path)
            except OSError as error:
                self.failure = f"{self.folder}: {error.strerror or error}"

    def wake(self) -> None:
        """Lets a waiting `peek` return."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing is appended any more."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def discard(self) -> int:
        """Gives up everything; tells how many points that were."""
        with self._changed:
            given_up = self.points
            while self._segments:
                self._drop_first()
            return given_up

    def leave(self) -> None:
        """Lets go of the folder: removed where nothing is left in it, else there for the next process."""
        with self._changed:
            left = any(segment.path is not None and segment.read < segment.end for segment in self._segments)
            for segment in self._segments:
                segment.close()
            folder, self.folder = self.folder, None
            if folder is not None and not left:
                _remove(folder)
            if self._lock is not None:
                self._lock.release()

    def abandon(self) -> None:
        """Lets go of a folder of somebody else's, as it was."""
        for segment in self._segments:
            segment.close()
        if self._lock is not None:
            self._lock.release()

    def forget(self) -> None:
        """In a forked child: the files are the parent's."""
        if self._lock is not None:
            self._lock.forget()


def folders(parent: Optional[str]) -> List[str]:
    """The spools in `parent`, oldest first; `parent` itself where it is one."""
    if not parent or not os.path.isdir(parent):
        return []
    if os.path.exists(os.path.join(parent, "head.json")):
        return [parent]
    found = []
    for entry in os.scandir(parent):
        try:
            found.append((os.stat(os.path.join(entry.path, "head.json")).st_mtime_ns, entry.path))
        except OSError:
            continue
    return [path for _, path in sorted(found)]


def default_folder() -> str:
    """``TRACKER_SPOOL``, else a folder of the user for state that may not be lost."""
    chosen = os.environ.get("TRACKER_SPOOL")
    if chosen is not None:
        return chosen
    base = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "tracker", "spool")


def _pack(record: Record) -> bytes:
    check = zlib.crc32(record.payload)
    return _HEADER.pack(len(record.payload), check, record.kind, 0, record.number, record.points) + record.payload


def _read(file: BinaryIO, at: int) -> Optional[Record]:
    file.seek(at)
    head = file.read(_HEADER.size)
    if len(head) < _HEADER.size:
        return None
    length, check, kind, _, number, points = _HEADER.unpack(head)
    parts = []
    while length > 0:
        part = file.read(length)
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    payload = b"".join(parts)
    return Record(kind, number, points, payload) if zlib.crc32(payload) == check else None


def _records(path: str) -> Iterator[Record]:
    at = 0
    with open(path, "rb") as file:
        while True:
            record = _read(file, at)
            if record is None:
                return
            yield record
            at += _HEADER.size + len(record.payload)


def _write_json(path: str, content: Dict[str, Any]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _remove(folder: str) -> None:
    # The head first: without it nobody takes the rest for a spool.
    _unlink(os.path.join(folder, "head.json"))
    shutil.rmtree(folder, ignore_errors=True)
