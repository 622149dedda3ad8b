"""What logging costs a training process: `log` of ten scalars, and `watch`, beside plain file writing in TensorBoard's format.

    python3 bench/python/overhead.py [--seconds N]

The server is a thread of its own that answers every batch, so that the sending is in the figures. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import struct
import sys
import tempfile
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "tracker-python"))

import tracker  # noqa: E402

try:
    import torch
except ImportError:
    torch = None


class Sink(BaseHTTPRequestHandler):
    """Takes whatever comes."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        left = int(self.headers.get("Content-Length") or 0)
        while left > 0:
            left -= len(self.rfile.read(min(left, 1 << 16)))
        content = b'{"acceptedThrough": 1, "accepted": 1, "rejected": [], "stop": null}'
        self.send_response(201 if self.path.endswith("/runs") else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class EventFile:
    """Scalars as TensorBoard's SummaryWriter writes them: one event of protobuf a scalar, framed and checksummed. The plain way, without its queue."""

    def __init__(self, path):
        self._file = open(path, "wb")

    def add_scalar(self, name, value, step):
        tag = name.encode()
        scalar = b"\x0a" + bytes([len(tag)]) + tag + b"\x15" + struct.pack("<f", value)
        summary = b"\x0a" + bytes([len(scalar)]) + scalar
        event = b"\x09" + struct.pack("<d", time.time()) + b"\x10" + varint(step) + b"\x2a" + bytes([len(summary)]) + summary
        head = struct.pack("<Q", len(event))
        self._file.write(head + struct.pack("<I", zlib.crc32(head)) + event + struct.pack("<I", zlib.crc32(event)))


def varint(value):
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    data.append(value)
    return bytes(data)


def measure(call, seconds, pause=0.0):
    """Median and 99th percentile of one call, in microseconds. In bursts of a thousand with pauses between: the sending needs time, too."""
    times, end, step = [], time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        first = time.perf_counter()
        for _ in range(1 if pause else 1_000):
            began = time.perf_counter()
            call(step)
            times.append(time.perf_counter() - began)
            step += 1
        if pause:
            work(pause)  # As between two steps of a training: the processor is busy, and its caches hold something else.
        else:
            time.sleep(5 * (time.perf_counter() - first))
    times.sort()
    return {"median": round(1e6 * statistics.median(times), 2), "p99": round(1e6 * times[int(0.99 * len(times))], 2), "calls": len(times)}


_MEMORY = bytearray(8 << 20)


def work(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        zlib.crc32(_MEMORY)


def scalars(run, seconds):
    names = [f"metric/{number}" for number in range(10)]
    values = {name: 0.1 + number for number, name in enumerate(names)}
    with tempfile.TemporaryDirectory() as folder:
        file = EventFile(os.path.join(folder, "events"))

        def write(step):
            for name in names:
                file.add_scalar(name, values[name], step)

        return {
            "log_us": measure(lambda step: run.log(values, step=step), seconds),
            "log_at_100_steps_a_second_us": measure(lambda step: run.log(values, step=step), seconds, pause=0.01),
            "event_file_us": measure(write, seconds),
            "event_file_at_100_steps_a_second_us": measure(write, seconds, pause=0.01),
        }


class Block(torch.nn.Module if torch else object):
    def __init__(self, width):
        super().__init__()
        self.norm1, self.norm2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.attn = torch.nn.MultiheadAttention(width, 4, batch_first=True)
        self.fc1, self.fc2 = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.attn(y, y, y, need_weights=False)[0]
        return x + self.fc2(torch.nn.functional.gelu(self.fc1(self.norm2(x))))


def transformer(width=64, depth=3, vocabulary=128):
    return torch.nn.Sequential(torch.nn.Embedding(vocabulary, width), *(Block(width) for _ in range(depth)), torch.nn.Linear(width, vocabulary))


def watched(run, seconds):
    """The same training with and without `watch`, in turns, so that both see the same machine."""
    torch.manual_seed(0)
    tokens = torch.randint(0, 128, (8, 33))
    plain, watched_model = transformer(), transformer()
    optimizers = [torch.optim.AdamW(model.parameters(), lr=3e-4) for model in (plain, watched_model)]
    run.watch(watched_model, optimizers[1])

    def step(which, number):
        model, optimizer = (plain, watched_model)[which], optimizers[which]
        optimizer.zero_grad()
        output = model(tokens[:, :-1])
        loss = torch.nn.functional.cross_entropy(output.reshape(-1, 128), tokens[:, 1:].reshape(-1))
        loss.backward()
        optimizer.step()
        run.log({"train/loss": loss.item()}, step=number)

    spent, number, end = [[], []], 0, time.perf_counter() + seconds
    while time.perf_counter() < end or number < 60:
        for which in (0, 1):
            began = time.perf_counter()
            step(which, number)
            spent[which].append(time.perf_counter() - began)
        number += 1
    watch = run._watches[0]
    # Steps without a look are compared by their medians; what the looks took is counted by the clock of `watch` itself.
    return {
        "step_ms": round(1e3 * statistics.median(spent[0]), 2),
        "watched_step_ms": round(1e3 * statistics.median(spent[1]), 2),
        "mean_overhead_percent": round(100 * (sum(spent[1]) / sum(spent[0]) - 1), 2),
        "own_time_percent": round(100 * watch.seconds / sum(spent[1]), 2),
        "looks": watch._looks,
        "every": watch.every,
        "steps": number,
        "parameters": sum(parameter.numel() for parameter in plain.parameters()),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3.0, help="for each figure")
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        settings = tracker.Settings(spool_folder=folder, console=False, environment=False)
        run = tracker.init(project="bench", url=f"http://127.0.0.1:{server.server_address[1]}", settings=settings)
        figures = {"bench": "python", "python": sys.version.split()[0], **scalars(run, options.seconds)}
        figures["torch"] = torch.__version__ if torch is not None else None
        if torch is not None:
            figures["watch"] = watched(run, 5 * options.seconds)
        figures["dropped"] = run._buffer.dropped
        run.finish()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
