"""A training that logs for a while: python3 bench/python/soak.py SECONDS STEPS_PER_SECOND RUN

Tells every ten seconds, in a line of JSON, its resident memory and what a call of `log` cost; at the end how many steps there were. The server is TRACKER_URL.
"""

from __future__ import annotations

import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "tracker-python"))

import tracker  # noqa: E402


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    seconds, rate, id = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    names = [f"metric/{number}" for number in range(10)]
    weights = [0.01 * number for number in range(1_000)]
    step, times, told = 0, [], time.monotonic()
    began = told
    with tracker.init(project="soak", id=id, settings=tracker.Settings(finish_timeout=300)) as run:
        while time.monotonic() - began < seconds:
            values = {name: 0.5 + number / (step + 1) for number, name in enumerate(names)}
            before = time.perf_counter()
            run.log(values, step=step)
            times.append(time.perf_counter() - before)
            if step % 50 == 0:
                run.log_histogram("weights", weights, step=step)
            step += 1
            if time.monotonic() - told >= 10:
                told = time.monotonic()
                times.sort()
                print(json.dumps({"resident": resident(), "log": 1e6 * times[len(times) // 2], "worst": 1e6 * times[-1]}), flush=True)
                times.clear()
            time.sleep(max(0.0, began + step / rate - time.monotonic()))
    print(json.dumps({"steps": step, "dropped": run._buffer.dropped}), flush=True)


if __name__ == "__main__":
    main()
