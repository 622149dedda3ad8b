"""The current run of the process, and what happens to runs when the interpreter ends or forks."""

from __future__ import annotations

import atexit
import os
import platform
import socket
import sys
import weakref
from types import TracebackType
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Type, Union

from ._config import Config, Summary
from ._errors import NotStartedError, UsageError
from ._http import HttpTransport, Transport
from ._messages import Once, logger
from ._offline import OfflineFile
from ._run import Run, exit_state
from ._sender import Start
from ._settings import Settings, choose, choose_mode, choose_url
from ._values import clean_text, to_json, to_mapping

_ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
_RESUME = {"": "never", "False": "never", "None": "never", "never": "never", "True": "allow", "auto": "allow", "allow": "allow", "must": "must"}

_current: Optional[Run] = None
_open: "weakref.WeakSet[Run]" = weakref.WeakSet()
_end: Tuple[str, int] = ("finished", 0)
_once = Once()
_hooked = False


def init(
    project: Optional[str] = None,
    config: Any = None,
    name: Optional[str] = None,
    id: Optional[str] = None,
    resume: Union[bool, str, None] = None,
    tags: Optional[Sequence[str]] = None,
    notes: Optional[str] = None,
    group: Optional[str] = None,
    job_type: Optional[str] = None,
    reference: Optional[str] = None,
    url: Optional[str] = None,
    api_key: Optional[str] = None,
    mode: Optional[str] = None,
    settings: Optional[Settings] = None,
) -> Run:
    """Starts a run and makes it the current one; a current one from before is finished.

    project: default ``TRACKER_PROJECT``, else "default". config: a mapping, an `argparse.Namespace` or a dataclass.
    id: 1 to 64 of ``[A-Za-z0-9_.-]``; made of random bits when absent. resume: "never" (default), "allow" or "must", True meaning "allow".
        Where RANK is above 0 (as under torchrun) such a run is joined: its series get the prefix ``rank<r>/``, and rank 0 finishes it.
    url: default ``TRACKER_URL``, else http://127.0.0.1:5080. api_key: default ``TRACKER_API_KEY``.
    mode: "online" (default), "offline" (write a file for ``python -m tracker sync``) or "disabled"; default ``TRACKER_MODE``.

    A server that cannot be reached is no error: the run is created when it can be. Raises `UsageError` for arguments that cannot be meant and
    `RefusedError` when the server says no.
    """
    global _current
    run_mode, knobs = choose_mode(mode), settings or Settings()
    address, key = choose_url(url), choose(api_key, "TRACKER_API_KEY")
    start, values = _start(project, config, name, id, resume, tags, notes, group, job_type, reference)
    if _current is not None:
        _current.finish()
        _current = None

    def connect() -> Transport:
        if run_mode == "offline":
            mark = "" if os.getpid() == parent else f"-{os.getpid()}"
            return OfflineFile(knobs.offline_folder, start.id + mark)
        return HttpTransport(address, key, knobs.request_timeout, knobs.gzip_bytes)

    parent = os.getpid()
    run = Run(start, None if run_mode == "disabled" else connect, knobs, values)
    _hook()
    run._begin()
    _current = run
    _open.add(run)
    if run_mode != "disabled":
        run._event("env", "process", _environment())
        place = OfflineFile(knobs.offline_folder, start.id).path if run_mode == "offline" else run.url or f"{address} (not reached yet)"
        logger.info("run %s of project %s: %s", run.name, run.project, place)
    return run


def _start(
    project: Optional[str], config: Any, name: Optional[str], id: Optional[str], resume: Union[bool, str, None],
    tags: Optional[Sequence[str]], notes: Optional[str], group: Optional[str], job_type: Optional[str], reference: Optional[str],
) -> Tuple[Start, Dict[str, Any]]:
    again = _RESUME.get(str(resume if resume is not None else ""))
    if again is None:
        raise UsageError(f"resume is {resume!r}; it must be \"never\", \"allow\" or \"must\"")
    if id is None and again == "must":
        raise UsageError("resume=\"must\" needs the id of the run")
    if id is not None and (not 1 <= len(id) <= 64 or id in (".", "..") or not _ID_CHARACTERS.issuperset(id)):
        raise UsageError(f"id is {id!r}; it must be 1 to 64 of A-Z a-z 0-9 _ . -")
    values = {str(key): value for key, value in to_mapping(config).items()}
    body: Dict[str, Any] = {
        "project": choose(project, "TRACKER_PROJECT", "default"),
        "id": id or os.urandom(8).hex(),
        # With an id of random bits "allow" makes an attempt repeatable whose answer was lost.
        "resume": again if id is not None else "allow",
    }
    optional = {"name": name, "notes": notes, "group": group, "jobType": job_type, "reference": reference}
    body.update({key: clean_text(value, 100_000) for key, value in optional.items() if value is not None})
    if values:
        body["config"] = to_json(values)
    if tags:
        body["tags"] = [clean_text(tag, 1_000) for tag in ([tags] if isinstance(tags, str) else tags)]
    rank = os.environ.get("RANK", "")
    joins = id is not None and again != "never" and rank.isdecimal() and int(rank) > 0
    return Start(body["id"], body, id is None, joins, f"rank{int(rank)}/" if joins else ""), values


def _environment() -> Dict[str, Any]:
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "script": os.path.basename(sys.argv[0]) if sys.argv else "",
    }


def current() -> Optional[Run]:
    return _current


def log(data: Dict[str, Any], step: Optional[int] = None, commit: Optional[bool] = None) -> None:
    """`Run.log` of the current run."""
    run = _run_for("log")
    if run is not None:
        run.log(data, step, commit)


def alert(title: str, text: str = "", level: Optional[str] = None, **rest: Any) -> None:
    """`Run.alert` of the current run."""
    run = _run_for("alert")
    if run is not None:
        run.alert(title, text, level, **rest)


def watch(*models: Any, **options: Any) -> None:
    """`Run.watch` of the current run."""
    run = _run_for("watch")
    if run is not None:
        run.watch(*models, **options)


def finish(exit_code: Optional[int] = None) -> None:
    """`Run.finish` of the current run; nothing where there is none."""
    global _current
    run, _current = _current, None
    if run is not None:
        run.finish(exit_code)


def _run_for(call: str) -> Optional[Run]:
    if _current is None:
        _once.warn(call, "tracker.%s() before tracker.init(): nothing is logged", call)
    return _current


class _CurrentConfig(Config):
    """`tracker.config`: the config of the current run."""

    def __init__(self) -> None: ...

    def __getattribute__(self, name: str) -> Any:
        if name in ("_values", "_changed"):
            return object.__getattribute__(_needed("config").config, name)
        return super().__getattribute__(name)


class _CurrentSummary(Summary):
    """`tracker.summary`: the summary of the current run."""

    def __init__(self) -> None: ...

    def __getattribute__(self, name: str) -> Any:
        if name in ("_values", "_changed"):
            return object.__getattribute__(_needed("summary").summary, name)
        return super().__getattribute__(name)


def _needed(what: str) -> Run:
    if _current is None:
        raise NotStartedError(f"tracker.{what} belongs to a run: call tracker.init() first")
    return _current


config: Config = _CurrentConfig()
summary: Summary = _CurrentSummary()


def _hook() -> None:
    global _hooked
    if _hooked:
        return
    _hooked = True
    atexit.register(_at_exit)
    sys.excepthook = _noting_the_end(sys.excepthook)


_Hook = Callable[[Type[BaseException], BaseException, Optional[TracebackType]], Any]


def _noting_the_end(hook: _Hook) -> _Hook:
    def noting(kind: Type[BaseException], error: BaseException, trace: Optional[TracebackType]) -> Any:
        global _end
        _end = exit_state(kind, error)
        return hook(kind, error, trace)

    return noting


def _at_exit() -> None:
    runs: List[Run] = list(_open)
    for run in runs:
        run._close(*_end)


def _after_fork_in_child() -> None:
    for run in list(_open):
        run._after_fork()


if hasattr(os, "register_at_fork"):  # Not on Windows, which does not fork.
    os.register_at_fork(after_in_child=_after_fork_in_child)
