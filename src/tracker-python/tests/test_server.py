"""Against a real server, named by TRACKER_TEST_URL: what was logged is read back, value by value."""

import json
import math
import os
import unittest
import urllib.error
import urllib.parse
import urllib.request
import uuid

import tracker
from tests.server import forget_current, start, wait_for

URL = os.environ.get("TRACKER_TEST_URL", "").rstrip("/")


def call(method, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{URL}/api/v1{path}", data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        content = response.read()
    # "-0" is a number of JSON that Python would read as the integer 0.
    return json.loads(content, parse_int=lambda text: -0.0 if text == "-0" else int(text)) if content else None


@unittest.skipUnless(URL, "TRACKER_TEST_URL names no server")
class ServerTests(unittest.TestCase):
    def setUp(self):
        self.addCleanup(forget_current)

    def start(self, **options):
        return start(URL, project="python-tests", settings={"finish_timeout": 30.0, "request_timeout": 10.0}, **options)

    def points(self, run, name):
        answer = call("GET", f"/runs/{run.id}/points?name={urllib.parse.quote(name)}")
        (series,) = answer["series"]
        return list(zip(series["steps"], (float(value) for value in series["values"])))

    def test_every_value_is_read_back_as_it_was_logged(self):
        values = [0.1, -0.0, 1e-320, 1.7976931348623157e308, 1 / 3, float("nan"), float("inf"), float("-inf"), 2**53, True]
        with self.start() as run:
            for step, value in enumerate(values):
                run.log({"a": value, "nested": {"b é": step}}, step=step)
        back = self.points(run, "a")
        self.assertEqual([step for step, _ in back], list(range(len(values))))
        for (_, value), expected in zip(back, values):
            self.assertTrue(value == expected or (math.isnan(value) and math.isnan(expected)), (value, expected))
        self.assertEqual(math.copysign(1, back[1][1]), -1.0)
        self.assertEqual(self.points(run, "nested/b é"), [(step, float(step)) for step in range(len(values))])

    def test_many_batches_arrive_in_order_and_once(self):
        with self.start() as run:
            for step in range(30_000):
                run.log({"a": step * 0.001, "b": 1.0}, step=step)
        self.assertEqual(self.points(run, "a"), [(step, step * 0.001) for step in range(30_000)])

    def test_the_run_shows_what_init_and_finish_said(self):
        run = self.start(name="named", config={"lr": 0.1, "nan": float("nan")}, tags=["t1", "t2"], notes="n", group="g", job_type="train")
        run.config.depth = 3
        run.finish(exit_code=3)
        stored = call("GET", f"/runs/{run.id}")
        self.assertEqual({key: stored[key] for key in ("project", "name", "state", "exitCode", "config", "tags", "notes", "group", "jobType")},
                         {"project": "python-tests", "name": "named", "state": "failed", "exitCode": 3, "config": {"lr": 0.1, "nan": "NaN", "depth": 3},
                          "tags": ["t1", "t2"], "notes": "n", "group": "g", "jobType": "train"})
        self.assertTrue(run.url.startswith("http"))

    def test_histograms_keep_their_mass(self):
        with self.start() as run:
            run.log_histogram("weights/fc1", [0.0, 0.5, 1.0, 1.0], step=5)
        (column,) = call("GET", f"/runs/{run.id}/histograms?name=weights/fc1")["columns"]
        self.assertEqual((column["step"], round(sum(column["counts"]), 6)), (5, 4.0))

    def test_alerts_and_environment_are_events(self):
        with self.start() as run:
            run.alert("low accuracy", "it is 0.1", "warn", step=3)
            run.summary["best"] = 1.5

        def events():
            return {event["kind"]: event for event in call("GET", f"/runs/{run.id}/events")["items"]}

        wait_for(lambda: {"alert", "env", "note"} <= set(events()), 60)
        found = events()
        self.assertEqual((found["alert"]["name"], found["alert"]["step"], found["alert"]["data"]), ("low accuracy", 3, {"text": "it is 0.1"}))
        self.assertEqual(found["env"]["data"]["pid"], os.getpid())
        self.assertEqual(found["note"]["data"], {"best": 1.5})

    def test_a_stop_reaches_the_loop(self):
        with self.start() as run:
            call("POST", f"/runs/{run.id}/stop", {"reason": "enough"})
            run.log({"a": 1.0})
            wait_for(lambda: run.should_stop)

    def test_a_resumed_run_goes_on_counting(self):
        id = "py-" + uuid.uuid4().hex
        with self.start(id=id) as run:
            run.log({"a": 1.0}, step=41)
        wait_for(lambda: call("GET", f"/runs/{id}")["lastStep"] == 41, 60)
        with self.start(id=id, resume="must") as run:
            run.log({"a": 2.0})
        self.assertEqual(self.points(run, "a"), [(41, 1.0), (42, 2.0)])
        with self.assertLogs("tracker", "WARNING"), self.assertRaises(tracker.RefusedError):
            self.start(id=id)

    def test_a_deleted_run_takes_no_more(self):
        with self.assertLogs("tracker", "WARNING") as logs:
            run = self.start()
            run.log({"a": 1.0})
            wait_for(lambda: run._sender.left == 0)
            call("DELETE", f"/runs/{run.id}")
            run.log({"a": 2.0})
            wait_for(lambda: run._buffer.closed)
            run.finish()
        self.assertIn("was deleted on the server", "\n".join(logs.output))

    def test_a_gzipped_batch_is_the_same_as_a_plain_one(self):
        with self.start() as run:
            run._sender._transport._gzip_bytes = 0
            run.log({"a": 0.5}, step=1)
        self.assertEqual(self.points(run, "a"), [(1, 0.5)])
