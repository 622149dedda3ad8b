"""Where a run comes from: machine, command line, commit and packages, as events of kind `env`."""

from __future__ import annotations

import os
import platform
import re
import socket
import subprocess
import sys
from threading import Thread
from typing import Any, Callable, Dict, List, Optional

_MOST_DIFF = 512 * 1024
_SECRET = re.compile(r"(?i)(key|token|secret|passw|credential)")

Log = Callable[[str, Dict[str, Any]], None]


def process() -> Dict[str, Any]:
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "script": os.path.basename(sys.argv[0]) if sys.argv else "",
        "command": command_line(),
        "folder": os.getcwd(),
    }


def command_line() -> List[str]:
    """The arguments, without what looks like a secret."""
    shown, hide = [], False
    for argument in [sys.executable or "python", *sys.argv][:200]:
        name, separator, _ = argument.partition("=")
        if hide and not argument.startswith("-"):
            shown.append("***")
        elif separator and _SECRET.search(name):
            shown.append(f"{name}=***")
        else:
            shown.append(argument[:1000])
        hide = argument.startswith("-") and not separator and bool(_SECRET.search(argument))
    return shown


def log_rest(log: Log) -> Thread:
    """What takes longer, in a thread: it tells the commit with its diff, and the packages."""

    def work() -> None:
        try:
            found = git()
            if found:
                log("git", found)
            log("packages", packages())
        except Exception:  # It is for information only.
            pass

    thread = Thread(target=work, name="tracker-environment", daemon=True)
    thread.start()
    return thread


def git() -> Dict[str, Any]:
    """Commit, branch, remote and the changes since; empty outside of a repository."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return {}
    found: Dict[str, Any] = {"commit": commit, "branch": _git("rev-parse", "--abbrev-ref", "HEAD") or ""}
    remote = _git("config", "--get", "remote.origin.url")
    if remote:
        found["remote"] = re.sub(r"//[^/@]*@", "//", remote)  # Without user and password.
    diff = _git("diff", "HEAD", "--no-color", "--no-ext-diff")
    found["dirty"] = bool(diff)
    if diff:
        found["diff"] = diff[:_MOST_DIFF]
        found["diffCut"] = len(diff) > _MOST_DIFF
    return found


def _git(*arguments: str) -> Optional[str]:
    try:
        ran = subprocess.run(
            ["git", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=10,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"})
    except (OSError, subprocess.SubprocessError):
        return None
    return ran.stdout.decode("utf-8", "replace").strip() if ran.returncode == 0 else None


def packages() -> Dict[str, str]:
    from importlib import metadata

    found = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found[str(name)] = str(distribution.version)
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))
