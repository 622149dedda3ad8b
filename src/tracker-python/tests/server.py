"""A small HTTP server that keeps the contract of batches and misbehaves on command."""

from __future__ import annotations

import atexit
import gzip
import json
import logging
import os
import shutil
import socket
import struct
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import tracker
from tracker import _session

QUICK = dict(flush_interval=0.01, retry_base=0.01, retry_cap=0.05, init_timeout=5.0, finish_timeout=10.0, request_timeout=2.0,
             system_interval=0.0, console=False, environment=False)


class FaultyServer:
    """Holds runs in memory. `faults` is consumed one a log request: a status, (status, headers, content), or
    "cut" (no answer), "cut after" (stored, no answer), "cut body" (half an answer), or a function that is called first."""

    def __init__(self, port=0):
        self.runs, self.requests, self.faults, self.create_faults = {}, [], [], []
        self.lock = threading.Lock()
        self.stop = None
        self.connections = set()
        handler = type("Handler", (_Handler,), {"owner": self})
        ThreadingHTTPServer.daemon_threads = True
        ThreadingHTTPServer.request_queue_size = 64
        self.http = _Listener(("127.0.0.1", port), handler)
        self.port = self.http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def close(self):
        """Stops listening and cuts every connection, as a server does that dies."""
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def run(self, id):
        return self.runs[id]

    def batches(self, id):
        return self.runs[id]["batches"]

    def points(self, id, name):
        """(step, value) of every stored point of a series, in order."""
        return [
            (step, value)
            for batch in self.batches(id)
            for series in batch.get("series", [])
            if series["name"] == name
            for step, value in zip(series["steps"], series["values"])
        ]

    def events(self, id, kind):
        return [event for batch in self.batches(id) for event in batch.get("events", []) if event["kind"] == kind]

    def to(self, method, ending):
        return [request for request in self.requests if request["method"] == method and request["path"].endswith(ending)]


class _Listener(ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # Connections are cut on purpose.


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: FaultyServer

    def setup(self):
        super().setup()
        self.owner.connections.add(self.connection)

    def finish(self):
        self.owner.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._serve("GET")

    def do_POST(self):
        self._serve("POST")

    def do_PATCH(self):
        self._serve("PATCH")

    def _serve(self, method):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        plain = gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw
        body = json.loads(plain) if plain else {}
        owner, path = self.owner, self.path
        request = {"method": method, "path": path, "body": body, "raw": raw, "headers": dict(self.headers), "at": time.monotonic(), "peer": self.client_address}
        with owner.lock:
            owner.requests.append(request)
            faults = owner.faults if path.endswith("/log") else owner.create_faults if path.endswith("/runs") else []
            fault = faults.pop(0) if faults else None
        if callable(fault):
            fault = fault()
        if isinstance(fault, int):
            fault = (fault, {}, {"title": "made up", "detail": "a fault of the test"})
        if isinstance(fault, tuple):
            return self._answer(*fault)
        if fault == "cut":
            return self._cut()
        with owner.lock:
            status, content = self._route(method, path, body)
        if fault == "cut after":
            return self._cut()
        if fault == "cut body":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
            return self._cut()
        self._answer(status, {}, content)

    def _answer(self, status, headers, content):
        data = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _cut(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        self.rfile = self.wfile = open("/dev/null", "r+b", buffering=0)

    def _route(self, method, path, body):
        runs = self.owner.runs
        if path == "/api/v1/runs":
            id, resume = body["id"], body.get("resume", "never")
            if id in runs and resume == "never":
                return 409, {"title": "Run exists", "detail": f"run {id} exists"}
            if id not in runs and resume == "must":
                return 404, {"title": "Unknown run", "detail": f"run {id} is not there"}
            fresh = id not in runs
            run = runs.setdefault(id, {"create": body, "batches": [], "writers": {}, "state": "running", "exitCode": None, "config": body.get("config", {})})
            run["state"] = "running"
            return 201 if fresh else 200, {"id": id, "project": body["project"], "name": id, "state": "running", "url": f"{self.owner.url}/runs/{id}"}
        _, _, _, _, id, *rest = path.split("/")
        run = runs.get(id)
        if run is None:
            return 404, {"title": "Unknown run"}
        call = rest[0] if rest else ""
        if call == "log":
            return self._log(run, body)
        if call == "heartbeat":
            return 200, {"state": run["state"], "stop": self.owner.stop}
        if call == "finish":
            run["state"], run["exitCode"] = body["state"], body["exitCode"]
            return 200, {}
        if method == "PATCH":
            run.update(body)
        steps = [step for batch in run["batches"] for series in batch.get("series", []) for step in series["steps"]]
        return 200, {"id": id, "state": run["state"], "lastStep": max(steps) if steps else None}

    def _log(self, run, body):
        last = run["writers"].get(body["writer"], 0)
        if body["batch"] > last + 1:
            return 409, {"title": "Gap", "acceptedThrough": last}
        if body["batch"] == last + 1:
            run["batches"].append(body)
            run["writers"][body["writer"]] = last + 1
        return 200, {"acceptedThrough": run["writers"][body["writer"]], "accepted": 0, "rejected": [], "stop": self.owner.stop}


os.environ["TRACKER_SPOOL"] = _FOLDER = tempfile.mkdtemp(prefix="tracker-tests-")
atexit.register(shutil.rmtree, _FOLDER, True)
logging.getLogger("tracker").setLevel(logging.WARNING)


def start(server, **options):
    """A quick run against `server`, or against a URL."""
    knobs = {**QUICK, **options.pop("settings", {})}
    url = server if isinstance(server, str) else server.url
    return tracker.init(project=options.pop("project", "tests"), url=url, mode="online", settings=tracker.Settings(**knobs), **options)


def forget_current():
    """Ends the current run, so that tests do not see each other's."""
    if _session.current() is not None:
        _session.finish()


def wait_for(condition, seconds=10.0):
    """Polls until `condition` holds; fails the test when it never does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("the condition never held")
        time.sleep(0.005)
