"""What the machine does while a run trains: processors, memory, disk, network from /proc, devices from nvidia-smi."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from threading import Event, Thread
from typing import Callable, Dict, List, Optional, Tuple

MIB = 1024.0 * 1024.0
_NO_CHANGE = 60.0
_GPU_FIELDS = "index,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw"
_GPU_NAMES = ("util", "memory_used", "memory_total", "temperature", "power")


class SystemMetrics:
    """Logs `system/…` every `interval` seconds at the run's step; while the step stands still, once a minute."""

    def __init__(self, log: Callable[[Dict[str, float], int], None], step: Callable[[], int], interval: float) -> None:
        self._log = log
        self._step = step
        self._interval = interval
        self._over = Event()
        Thread(target=self._run, name="tracker-system", daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def _run(self) -> None:
        try:
            sampler = Sampler()
            last, logged = -1, time.monotonic()
            while not self._over.wait(self._interval):
                step, now = self._step(), time.monotonic()
                values = sampler.sample()
                if values and (step != last or now - logged >= _NO_CHANGE):
                    self._log(values, step)
                    last, logged = step, now
        except Exception:  # For information only.
            return


class Sampler:
    """Rates are over the time since the sample before. Memory and rates in MiB and MiB/s, shares in percent."""

    def __init__(self) -> None:
        self._gpu = shutil.which("nvidia-smi")
        self._before: Optional[Tuple[float, Dict[str, float]]] = None
        self._counters()

    def sample(self) -> Dict[str, float]:
        values: Dict[str, float] = {}
        now, counters = time.monotonic(), self._counters()
        if self._before is not None:
            then, before = self._before
            elapsed = max(now - then, 1e-3)
            for name in counters.keys() & before.keys():
                rise = counters[name] - before[name]
                if rise >= 0 and not name.startswith("_"):
                    values[f"system/{name}"] = rise / elapsed
            busy, total = (counters.get(name, 0.0) - before.get(name, 0.0) for name in ("_busy", "_ticks"))
            if total > 0:
                values["system/host_cpu"] = 100.0 * busy / total
        self._before = (now, counters)
        values.update(_memory())
        try:
            values["system/disk_free"] = shutil.disk_usage(os.getcwd()).free / MIB
        except OSError:
            pass
        values.update(self._devices())
        return values

    def _counters(self) -> Dict[str, float]:
        times = os.times()
        counters = {"cpu": 100.0 * (times.user + times.system + times.children_user + times.children_system)}
        ticks = [float(word) for word in _words("/proc/stat", "cpu")[:8]]
        if len(ticks) == 8:
            counters["_ticks"] = sum(ticks)
            counters["_busy"] = sum(ticks) - ticks[3] - ticks[4]  # idle, iowait
        for line in _lines("/proc/self/io"):
            name, _, value = line.partition(":")
            if name in ("read_bytes", "write_bytes"):
                counters["disk_" + name.partition("_")[0]] = float(value) / MIB
        received = sent = 0.0
        found = False
        for line in _lines("/proc/net/dev")[2:]:
            name, _, numbers = line.partition(":")
            words = numbers.split()
            if name.strip() != "lo" and len(words) > 8:
                received, sent, found = received + float(words[0]), sent + float(words[8]), True
        if found:
            counters["network_in"], counters["network_out"] = received / MIB, sent / MIB
        return counters

    def _devices(self) -> Dict[str, float]:
        if self._gpu is None:
            return {}
        try:
            ran = subprocess.run(
                [self._gpu, f"--query-gpu={_GPU_FIELDS}", "--format=csv,noheader,nounits"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=10)
        except (OSError, subprocess.SubprocessError):
            self._gpu = None
            return {}
        return parse_devices(ran.stdout.decode("utf-8", "replace")) if ran.returncode == 0 else {}


def parse_devices(text: str) -> Dict[str, float]:
    """The lines of nvidia-smi, a device each; what it does not know is left out."""
    values = {}
    for line in text.splitlines():
        words = [word.strip() for word in line.split(",")]
        if len(words) == len(_GPU_NAMES) + 1 and words[0].isdecimal():
            for name, word in zip(_GPU_NAMES, words[1:]):
                try:
                    values[f"system/gpu/{words[0]}/{name}"] = float(word)
                except ValueError:  # "[N/A]"
                    continue
    return values


def _memory() -> Dict[str, float]:
    values = {}
    for line in _lines("/proc/self/status"):
        if line.startswith("VmRSS:"):
            values["system/memory"] = float(line.split()[1]) / 1024.0
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            values["system/memory_available"] = float(line.split()[1]) / 1024.0
    return values


def _lines(path: str) -> List[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


def _words(path: str, first: str) -> List[str]:
    for line in _lines(path):
        words = line.split()
        if words and words[0] == first:
            return words[1:]
    return []
