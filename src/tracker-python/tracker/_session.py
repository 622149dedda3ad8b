"""The current run of the process, and what happens to runs when the interpreter ends or forks."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import weakref
from types import FrameType, TracebackType
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Type, Union

from ._catchup import CatchUp
from ._config import Config, Summary
from ._end import Terminated, exit_state
from ._errors import NotStartedError, UsageError
from ._http import HttpTransport, Transport
from ._messages import Once, logger
from ._ranks import Ranks, find_ranks
from ._run import Run
from ._sender import Sender, Start
from ._settings import Settings, choose, choose_mode, choose_url
from ._spool import default_folder
from ._values import clean_text, to_json, to_mapping

_ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
_RESUME = {"": "never", "False": "never", "None": "never", "never": "never", "True": "allow", "auto": "allow", "allow": "allow", "must": "must"}

_current: Optional[Run] = None
_open: "weakref.WeakSet[Run]" = weakref.WeakSet()
_end: Tuple[str, int] = ("finished", 0)
_left_by: Optional[Tuple[int, int]] = None  # The code of the last sys.exit, and what had been logged then.
_once = Once()
_hooked = False
_started = 0
_catchups: Dict[str, CatchUp] = {}
_WANDB = ("allow_val_change", "anonymous", "config_exclude_keys", "config_include_keys", "dir", "entity", "force", "fork_from", "magic",
          "monitor_gym", "reinit", "resume_from", "save_code", "sync_tensorboard", "tensorboard")


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
    **rest: Any,
) -> Run:
    """Starts a run and makes it the current one; a current one from before is finished.

    project: default ``TRACKER_PROJECT``, else "default". config: a mapping, an `argparse.Namespace` or a dataclass.
    id: 1 to 64 of ``[A-Za-z0-9_.-]``; made of random bits when absent. resume: "never" (default), "allow" or "must", True meaning "allow".
        Default ``TRACKER_RUN_ID``. Processes of one launch by torchrun, srun or mpirun share a run without further ado: series of ranks above 0 get
        the prefix ``rank<r>/``, and rank 0 finishes it. Where nothing tells that they belong together (several machines, no id), ranks above 0 log nothing.
    url: default ``TRACKER_URL``, else http://127.0.0.1:5080. api_key: default ``TRACKER_API_KEY``.
    mode: "online" (default), "offline" (keep it in a folder for ``python -m tracker sync``) or "disabled"; default ``TRACKER_MODE``.
    rest: arguments of wandb.init that have no meaning here are named once; others are a `UsageError`.

    A server that cannot be reached is no error: the run is created when it can be. Raises `UsageError` for arguments that cannot be meant and
    `RefusedError` when the server says no.
    """
    global _current, _started
    run_mode, knobs = choose_mode(mode), settings or Settings()
    address, key = choose_url(url), choose(api_key, "TRACKER_API_KEY")
    _look_at(rest)
    ranks = find_ranks(_started)
    start, values = _start(project, config, name, id, resume, tags, notes, group, job_type, reference, ranks)
    _started += 1
    if _current is not None:
        _current.finish()
        _current = None
    if run_mode != "disabled" and ranks.rank > 0 and not start.joins and start.own_id:
        logger.info("rank %d logs nothing: pass the same id= to all ranks, or set TRACKER_RUN_ID, to log from all of them", ranks.rank)
        run_mode = "disabled"
    parent = knobs.offline_folder if run_mode == "offline" else knobs.spool_folder if knobs.spool_folder is not None else default_folder()

    def connect() -> Transport:
        return HttpTransport(address, key, knobs.request_timeout, knobs.gzip_bytes)

    def make_sender(run: Run) -> Sender:
        return Sender(start, run._buffer, knobs, run._once, address, connect if run_mode == "online" else None, parent, run._joins)

    run = Run(start, None if run_mode == "disabled" else make_sender, knobs, values)
    _hook()
    run._begin()
    _current = run
    _open.add(run)
    if run_mode == "online" and parent and (address not in _catchups or not _catchups[address].is_busy):
        _catchups[address] = CatchUp(parent, address, connect(), knobs)
        _catchups[address].begin()
    if run_mode != "disabled":
        place = os.path.abspath(parent) if run_mode == "offline" else run.url or f"{address} (not reached yet)"
        logger.info("run %s of project %s: %s", run.name, run.project, place)
    return run


def _look_at(rest: Dict[str, Any]) -> None:
    unknown = [name for name in rest if name not in _WANDB]
    if unknown:
        raise UsageError(f"init has no {', '.join(unknown)}")
    for name in rest:
        if rest[name] not in (None, False):
            _once.warn(f"init {name}", "init(%s=…) has no meaning here", name)


def _start(
    project: Optional[str], config: Any, name: Optional[str], id: Optional[str], resume: Union[bool, str, None],
    tags: Optional[Sequence[str]], notes: Optional[str], group: Optional[str], job_type: Optional[str], reference: Optional[str], ranks: Ranks,
) -> Tuple[Start, Dict[str, Any]]:
    id = choose(id, "TRACKER_RUN_ID") if id is None else id
    again = _RESUME.get(str(resume if resume is not None else ""))
    if again is None:
        raise UsageError(f"resume is {resume!r}; it must be \"never\", \"allow\" or \"must\"")
    if id is None and again == "must":
        raise UsageError("resume=\"must\" needs the id of the run")
    if id is not None and (not 1 <= len(id) <= 64 or id in (".", "..") or not _ID_CHARACTERS.issuperset(id)):
        raise UsageError(f"id is {id!r}; it must be 1 to 64 of A-Z a-z 0-9 _ . -")
    if id is None and ranks.shared_id is not None:
        id, again = ranks.shared_id, "allow"
    elif ranks.size > 1 and id is not None and again == "never":
        again = "allow"  # The ranks start in any order.
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
    joins = id is not None and ranks.rank > 0
    return Start(body["id"], body, id is None, joins, f"rank{ranks.rank}/" if joins else "", ranks.rank), values


def current() -> Optional[Run]:
    return _current


def login(*_: Any, **__: Any) -> bool:
    """For scripts that use wandb: the key comes from ``TRACKER_API_KEY`` or ``init(api_key=…)``, so there is nothing to do."""
    return True


def log(data: Dict[str, Any], step: Optional[int] = None, commit: Optional[bool] = None, **_: Any) -> None:
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
    sys.exit = _noting_the_exit(sys.exit)
    for name in ("SIGTERM", "SIGHUP"):
        _end_by_signal(getattr(signal, name, None))


_Hook = Callable[[Type[BaseException], BaseException, Optional[TracebackType]], Any]


def _noting_the_end(hook: _Hook) -> _Hook:
    def noting(kind: Type[BaseException], error: BaseException, trace: Optional[TracebackType]) -> Any:
        global _end
        _end = exit_state(kind, error)
        return hook(kind, error, trace)

    return noting


def _noting_the_exit(leave: Callable[..., Any]) -> Callable[..., Any]:
    """Nothing else tells at the end with which code a script left by `sys.exit`."""

    def noting(status: Any = None) -> Any:
        global _left_by
        _left_by = (exit_state(SystemExit, SystemExit(status))[1], _logged())
        return leave(status)

    return noting


def _logged() -> int:
    return sum(run._buffer.taken for run in list(_open))


def _end_by_signal(number: Optional[int]) -> None:
    """Where the signal would kill the process at once, it ends it as an exception does, so that the run is closed."""
    try:
        if number is None or signal.getsignal(number) is not signal.SIG_DFL:
            return

        def terminate(received: int, _: Optional[FrameType]) -> None:
            global _end
            _end = ("killed", 128 + received)
            signal.signal(received, signal.SIG_DFL)  # A second one ends it at once.
            raise Terminated(128 + received)

        signal.signal(number, terminate)
    except ValueError:  # Not in the main thread.
        return


def _at_exit() -> None:
    state = _end
    # A sys.exit that somebody caught, to go on and log, was none.
    if state == ("finished", 0) and _left_by is not None and _left_by[0] != 0 and _left_by[1] == _logged():
        state = ("failed", _left_by[0])
    for run in list(_open):
        run._close(*state)
    for catchup in list(_catchups.values()):
        catchup.end()


def _after_fork_in_child() -> None:
    global _left_by
    _left_by = None
    _catchups.clear()  # The parent's: what earlier processes left is its to send.
    for run in list(_open):
        run._after_fork()


if hasattr(os, "register_at_fork"):  # Not on Windows, which does not fork.
    os.register_at_fork(after_in_child=_after_fork_in_child)
