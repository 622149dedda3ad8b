"""Where a run goes, and the few knobs of how."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional
from urllib.parse import urlsplit

from ._errors import UsageError

DEFAULT_URL = "http://127.0.0.1:5080"
MODES = ("online", "offline", "disabled")


@dataclass(frozen=True)
class Settings:
    """Knobs that hardly anybody turns; pass as ``tracker.init(settings=...)``.

    flush_interval: seconds that a point waits for others to share its batch. Default 0.2.
    buffer_bytes: memory for points that are not yet in the spool (or, where there is no disk to spool to, not yet acknowledged); above it new
        points are dropped and counted. Default 64 MiB, about a million scalars.
    spool_folder: where batches are kept until the server has them. Default ``TRACKER_SPOOL``, else ``tracker/spool`` in the user's folder for
        state (``~/.local/state``); "" keeps them in memory alone.
    spool_bytes: of disk for one process; above it memory takes what it can, then new points are dropped and counted. Default 2 GiB.
    request_timeout: seconds for connecting and for each read, longer than the server waits for its database. Default 30.
    init_timeout: seconds that `init` waits for the server's answer before it goes on without. Default 5.
    finish_timeout: seconds that `finish`, and the exit of the interpreter, wait for what is left. Default 15.
    heartbeat_interval: seconds of silence after which a sign of life is sent; `should_stop` is at most this old. Default 1.
    gzip_bytes: bodies of this size and more are sent gzipped. Default 32 KiB.
    retry_base, retry_cap: seconds, first and longest pause between attempts; it doubles from one to the other, with jitter.
        Defaults 0.25 and 30.
    offline_folder: where `mode="offline"` writes. Default ``tracker-offline`` in the working directory.
    system_interval: seconds between two samples of processor, memory, disk, network and devices (``system/…``). Default 10; 0 turns it off.
    console: whether what the script prints is kept with the run. Default True.
    environment: whether commit, diff and packages are kept with the run. Default True.
    """

    flush_interval: float = 0.2
    buffer_bytes: int = 64 * 1024 * 1024
    request_timeout: float = 30.0
    init_timeout: float = 5.0
    finish_timeout: float = 15.0
    heartbeat_interval: float = 1.0
    gzip_bytes: int = 32 * 1024
    retry_base: float = 0.25
    retry_cap: float = 30.0
    offline_folder: str = "tracker-offline"
    spool_folder: Optional[str] = None
    spool_bytes: int = 2 * 1024 * 1024 * 1024
    system_interval: float = 10.0
    console: bool = True
    environment: bool = True


def choose(argument: Optional[str], variable: str, default: Optional[str] = None) -> Optional[str]:
    """The argument, else the environment variable, else the default; empty counts as absent."""
    return argument or os.environ.get(variable) or default


def choose_mode(argument: Optional[str]) -> str:
    mode = choose(argument, "TRACKER_MODE", "online") or "online"
    if mode not in MODES:
        raise UsageError(f"mode (TRACKER_MODE) is {mode!r}; it must be one of {', '.join(MODES)}")
    return mode


def choose_url(argument: Optional[str]) -> str:
    url = (choose(argument, "TRACKER_URL", DEFAULT_URL) or DEFAULT_URL).rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"url (TRACKER_URL) is {url!r}; it must look like {DEFAULT_URL}")
    return url
