"""What is logged, and how it looks on the wire."""

import argparse
import datetime
import io
import json
import logging
import math
import os
import shutil
import tempfile
import threading
import unittest
from unittest import mock

import tracker
from tests.server import FaultyServer, forget_current, start, wait_for
from tracker import __main__ as command


class LoggingTests(unittest.TestCase):
    def setUp(self):
        self.server = FaultyServer()
        self.addCleanup(self.server.close)
        self.addCleanup(forget_current)

    def test_a_run_is_created_logged_and_finished(self):
        with start(self.server, name="first", config={"lr": 0.1}, tags=["a"], notes="n", group="g", job_type="train") as run:
            run.log({"train/loss": 0.5, "epoch": 1}, step=7)
        stored = self.server.run(run.id)
        create = stored["create"]
        self.assertEqual({key: create[key] for key in ("project", "name", "config", "tags", "notes", "group", "jobType")},
                         {"project": "tests", "name": "first", "config": {"lr": 0.1}, "tags": ["a"], "notes": "n", "group": "g", "jobType": "train"})
        self.assertEqual(self.server.points(run.id, "train/loss"), [(7, 0.5)])
        self.assertEqual((stored["state"], stored["exitCode"]), ("finished", 0))
        self.assertEqual(run.url, f"{self.server.url}/runs/{run.id}")

    def test_steps_count_themselves_as_in_wandb(self):
        with start(self.server) as run:
            run.log({"a": 0.0})
            run.log({"a": 1.0})
            run.log({"b": 1.5}, commit=False)
            run.log({"a": 2.0})
            run.log({"a": 9.0}, step=9)
            run.log({"b": 9.5})
            run.log({"a": 10.0})
            run.log({"a": 3.0}, step=3)
            run.log({"a": 11.0})
        self.assertEqual(self.server.points(run.id, "a"), [(0, 0.0), (1, 1.0), (2, 2.0), (9, 9.0), (10, 10.0), (3, 3.0), (11, 11.0)])
        self.assertEqual(self.server.points(run.id, "b"), [(2, 1.5), (9, 9.5)])

    def test_nested_dictionaries_are_flattened(self):
        with start(self.server) as run:
            run.log({"train": {"loss": 1.0, "acc": {"top1": 2}}, 5: 3})
        self.assertEqual([self.server.points(run.id, name) for name in ("train/loss", "train/acc/top1", "5")], [[(0, 1.0)], [(0, 2.0)], [(0, 3.0)]])

    def test_nan_and_infinities_arrive(self):
        with start(self.server) as run:
            run.log({"a": float("nan"), "b": float("inf"), "c": float("-inf")})
        self.assertTrue(math.isnan(self.server.points(run.id, "a")[0][1]))
        self.assertEqual([self.server.points(run.id, name)[0][1] for name in "bc"], [float("inf"), float("-inf")])

    def test_what_cannot_be_logged_is_counted_and_said_once(self):
        with self.assertLogs("tracker", "WARNING") as logs:
            with start(self.server) as run:
                for step in range(5):
                    run.log({"good": 1.0, "text": "hello", "none": None, "": 1.0, "n" * 600: 2.0, "huge": 10**400}, step=step)
                run.log({"good": 1.0}, step=2**60)
                run.log({"good": 1.0}, step="x")
                run.log(17)
                run.log_histogram("h", ["a"], step=1)
        self.assertEqual(len(self.server.points(run.id, "good")), 5)
        for text in ("builtins.str", "builtins.NoneType", "builtins.int", "cannot be the name", "whole number", "29 values left out"):
            self.assertEqual(sum(text in line for line in logs.output), 1, (text, logs.output))

    def test_a_bad_value_in_a_histogram_costs_only_itself(self):
        with start(self.server) as run, self.assertLogs("tracker", "WARNING"):
            run.log({"before": 1.0, "h": tracker.Histogram([1.0, 2.0]), "after": 2.0})
            run.log_histogram("h", object())
        self.assertEqual((self.server.points(run.id, "before"), self.server.points(run.id, "after")), ([(0, 1.0)], [(0, 2.0)]))

    def test_histograms_arrive_binned(self):
        with start(self.server) as run:
            run.log({"grads/fc1": tracker.Histogram([0.0, 1.0, 1.0], num_bins=2)}, step=3)
            run.log_histogram("weights/fc1", [1.0, 2.0, 3.0], step=4)
        points = [point for batch in self.server.batches(run.id) for point in batch.get("histograms", [])]
        self.assertEqual([(p["name"], p["step"], sum(p["counts"]), len(p["edges"])) for p in points], [("grads/fc1", 3, 3.0, 3), ("weights/fc1", 4, 3.0, 65)])

    def test_series_are_columns_and_rows_keep_their_order(self):
        with start(self.server, settings={"flush_interval": 0.3}) as run:
            for step in range(4):
                run.log({"a": float(step), **({"b": 1.0} if step % 2 else {})}, step=step)
        batches = [batch for batch in self.server.batches(run.id) if batch.get("series")]
        self.assertEqual(len(batches), 1)
        by_name = {series["name"]: series for series in batches[0]["series"]}
        self.assertEqual(by_name["a"]["steps"], [0, 1, 2, 3])
        self.assertEqual(by_name["b"]["steps"], [1, 3])
        self.assertEqual(len(by_name["b"]["times"]), 2)

    def test_a_changed_dictionary_does_not_change_what_was_logged(self):
        with start(self.server) as run:
            data = {"a": 1.0}
            run.log(data)
            data["a"] = 2.0
        self.assertEqual(self.server.points(run.id, "a"), [(0, 1.0)])

    def test_large_batches_are_gzipped_and_split(self):
        with start(self.server, settings={"flush_interval": 0.5}) as run:
            for step in range(20_000):
                run.log({"a": 0.1 * step, "b": 1.0}, step=step)
        self.assertEqual(self.server.points(run.id, "a"), [(step, 0.1 * step) for step in range(20_000)])
        logs = self.server.to("POST", "/log")
        self.assertGreater(len(logs), 2)
        self.assertTrue(any(request["headers"].get("Content-Encoding") == "gzip" for request in logs))
        self.assertEqual(len({request["peer"] for request in self.server.requests}), 1, "one connection serves them all")

    def test_many_threads_lose_nothing(self):
        run = start(self.server)

        def log(rank):
            for step in range(200):
                run.log({f"rank{rank}": float(step)}, step=step)

        threads = [threading.Thread(target=log, args=(rank,)) for rank in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        run.finish()
        for rank in range(16):
            self.assertEqual([value for _, value in self.server.points(run.id, f"rank{rank}")], [float(step) for step in range(200)])

    def test_alerts_are_events(self):
        with start(self.server) as run, self.assertLogs("tracker", "WARNING"):
            run.alert("low accuracy", "it is 0.1", "WARN", step=3)
            tracker.alert(title="t", text="x", level=tracker.AlertLevel.ERROR, wait_duration=3)
            run.alert("odd", level="purple")
        self.assertEqual([(e["name"], e["level"], e["data"]["text"], e.get("step")) for e in self.server.events(run.id, "alert")],
                         [("low accuracy", "warn", "it is 0.1", 3), ("t", "high", "x", None), ("odd", "warn", "", None)])

    def test_an_alert_that_comes_again_too_soon_is_left_out(self):
        with start(self.server) as run:
            for title in ("again", "again", "other"):
                run.alert(title, wait_duration=datetime.timedelta(hours=1))
            run.alert("again", wait_duration=0)
            run.alert("other", wait_duration=3600)
        self.assertEqual([event["name"] for event in self.server.events(run.id, "alert")], ["again", "other", "again"])

    def test_the_environment_is_an_event(self):
        with start(self.server) as run:
            pass
        self.assertEqual(self.server.events(run.id, "env")[0]["data"]["pid"], os.getpid())

    def test_the_summary_that_a_script_sets_is_sent_at_the_end(self):
        with start(self.server) as run:
            run.log({"loss": 0.5})
            run.summary["best"] = 0.25
            tracker.summary["nan"] = float("nan")
            self.assertEqual(run.summary["loss"], 0.5)
        self.assertEqual(self.server.events(run.id, "note")[0]["data"], {"best": 0.25, "nan": "NaN"})

    def test_a_changed_config_is_sent(self):
        with start(self.server, config=argparse.Namespace(lr=0.1)) as run:
            run.config.update({"depth": 3})
            tracker.config.width = 8
        self.assertEqual(self.server.run(run.id)["config"], {"lr": 0.1, "depth": 3, "width": 8})

    def test_a_stop_reaches_the_loop(self):
        with start(self.server) as run:
            self.assertFalse(run.should_stop)
            self.server.stop = {"reason": "diverged", "by": "rule"}
            run.log({"a": 1.0})
            wait_for(lambda: run.should_stop)

    def test_heartbeats_show_life_and_carry_the_stop(self):
        self.server.stop = {"reason": "enough", "by": "user"}
        with start(self.server, settings={"heartbeat_interval": 0.05}) as run:
            wait_for(lambda: run.should_stop)
            wait_for(lambda: len(self.server.to("POST", "/heartbeat")) >= 2)

    def test_a_resumed_run_goes_on_counting(self):
        with start(self.server, id="again") as run:
            run.log({"a": 1.0}, step=41)
        with start(self.server, id="again", resume=True) as run:
            run.log({"a": 2.0})
        self.assertEqual(self.server.points("again", "a"), [(41, 1.0), (42, 2.0)])
        self.assertEqual(len(self.server.run("again")["writers"]), 2)

    def test_ranks_above_0_join_a_run_under_names_of_their_own(self):
        with mock.patch.dict(os.environ, {"RANK": "0"}):
            first = start(self.server, id="shared", resume="allow")
        tracker._session._current = None
        with mock.patch.dict(os.environ, {"RANK": "1"}), start(self.server, id="shared", resume="allow") as second:
            second.log({"a": 2.0, "h": tracker.Histogram([1.0])})
        self.assertEqual(self.server.run("shared")["state"], "running")
        first.finish()
        self.assertEqual(self.server.points("shared", "rank1/a"), [(0, 2.0)])
        self.assertEqual(len(self.server.to("POST", "/runs")), 1)
        self.assertEqual(len(self.server.to("POST", "/finish")), 1)

    def test_a_rank_that_comes_first_creates_the_run(self):
        with mock.patch.dict(os.environ, {"RANK": "3"}), start(self.server, id="shared", resume="allow") as run:
            run.log({"a": 2.0})
        self.assertEqual(self.server.points("shared", "rank3/a"), [(0, 2.0)])

    def test_a_run_that_is_taken_is_refused_at_init(self):
        start(self.server, id="taken").finish()
        with self.assertLogs("tracker", "WARNING"), self.assertRaisesRegex(tracker.RefusedError, "409 run taken exists"):
            start(self.server, id="taken")
        with self.assertLogs("tracker", "WARNING"), self.assertRaises(tracker.RefusedError) as refusal:
            start(self.server, id="absent", resume="must")
        self.assertEqual(refusal.exception.status, 404)

    def test_a_new_run_finishes_the_one_before(self):
        first = start(self.server)
        start(self.server).finish()
        self.assertEqual(self.server.run(first.id)["state"], "finished")

    def test_the_way_a_with_block_ends_is_the_state_of_the_run(self):
        for error, state, code in [(ValueError(), "failed", 1), (KeyboardInterrupt(), "killed", 130), (SystemExit(0), "finished", 0),
                                   (SystemExit(3), "failed", 3), (SystemExit("words"), "failed", 1), (SystemExit(), "finished", 0)]:
            with self.assertRaises(type(error)):
                with start(self.server) as run:
                    raise error
            self.assertEqual((self.server.run(run.id)["state"], self.server.run(run.id)["exitCode"]), (state, code))

    def test_what_is_logged_after_the_end_is_dropped_and_said(self):
        run = start(self.server)
        run.finish(exit_code=2)
        run.finish()
        self.assertEqual(self.server.run(run.id)["state"], "failed")
        with self.assertLogs("tracker", "WARNING") as logs:
            run.log({"a": 1.0})
            run.log({"a": 1.0})
        self.assertEqual(len(logs.output), 1)

    def test_the_key_travels_as_a_bearer_token(self):
        with mock.patch.dict(os.environ, {"TRACKER_API_KEY": "secret", "TRACKER_PROJECT": "from-env", "TRACKER_URL": self.server.url}):
            tracker.init().finish()
        self.assertEqual(self.server.requests[0]["headers"]["Authorization"], "Bearer secret")
        self.assertEqual(self.server.requests[0]["body"]["project"], "from-env")

    def test_the_common_wandb_script_runs(self):
        import tracker as wandb

        with mock.patch.dict(os.environ, {"TRACKER_URL": self.server.url}), self.assertLogs("tracker", "WARNING") as logs:
            wandb.init(project="digits", name="baseline", config={"lr": 0.1, "epochs": 2})
            config = wandb.config
            wandb.watch(object(), log="all")
            for epoch in range(config.epochs):
                wandb.log({"epoch": epoch, "train": {"loss": 1.0 / (epoch + 1)}, "grads": wandb.Histogram([1.0, 2.0])})
            wandb.run.summary["best_loss"] = 0.5
            wandb.alert(title="done", text="all epochs", level=wandb.AlertLevel.INFO)
            id = wandb.run.id
            wandb.finish()
        self.assertEqual(self.server.points(id, "train/loss"), [(0, 1.0), (1, 0.5)])
        self.assertIn("object is no PyTorch model", logs.output[0])
        with self.assertRaisesRegex(AttributeError, "tracker.Table is not there"):
            wandb.Table

    def test_an_offline_run_is_sent_later_and_twice_counts_once(self):
        with tempfile.TemporaryDirectory() as folder:
            knobs = tracker.Settings(offline_folder=folder, flush_interval=0.01, system_interval=0, console=False, environment=False)
            run = tracker.init(project="tests", mode="offline", settings=knobs)
            run.log({"a": 1.0, "b": float("nan")})
            run.config.depth = 3
            run.finish(exit_code=1)
            (spool,) = os.listdir(folder)
            shutil.copytree(os.path.join(folder, spool), os.path.join(folder, "copy"))
            for _ in range(2):
                with mock.patch("sys.stdout", io.StringIO()) as said:
                    self.assertEqual(command.main(["sync", folder, "--url", self.server.url]), 0)
            self.assertIn("0 of 0 spools sent", said.getvalue())
            self.assertEqual(os.listdir(folder), [])
        self.assertEqual(self.server.points(run.id, "a"), [(0, 1.0)])
        self.assertTrue(math.isnan(self.server.points(run.id, "b")[0][1]))
        self.assertEqual((self.server.run(run.id)["state"], self.server.run(run.id)["config"]), ("failed", {"depth": 3}))


class MessageTests(unittest.TestCase):
    def test_messages_go_to_the_standard_error_of_the_moment(self):
        with mock.patch("sys.stderr", io.StringIO()) as stream:
            logging.getLogger("tracker").warning("hello")
        self.assertEqual(stream.getvalue(), "tracker: hello\n")

    def test_bodies_are_plain_json(self):
        page = tracker._buffer.Page()
        page.rows.append((1, 2, {"a\"é": 0.1}))
        self.assertEqual(json.loads(page.encode("w", 1)), {"writer": "w", "batch": 1, "series": [{"name": "a\"é", "steps": [1], "times": [2], "values": [0.1]}]})
