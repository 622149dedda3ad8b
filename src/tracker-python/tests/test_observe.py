"""What a run logs beside the script's own calls: console, machine, environment; and which process is which rank."""

import io
import os
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import tracker
from tests.server import FaultyServer, forget_current, start, wait_for
from tracker import _environment, _ranks, _system


class ConsoleTests(unittest.TestCase):
    def setUp(self):
        self.server = FaultyServer()
        self.addCleanup(self.server.close)
        self.addCleanup(forget_current)

    def lines(self, write):
        with mock.patch("sys.stdout", io.StringIO()) as stream:
            with start(self.server, settings={"console": True}) as run:
                run.log({"a": 1.0}, step=4)
                write()
                self.assertIsNot(sys.stdout, stream)
            self.assertIs(sys.stdout, stream)
        return stream.getvalue(), [(event["name"], event["data"]["text"], event["step"]) for event in self.server.events(run.id, "console")]

    def test_lines_are_kept_and_still_printed(self):
        printed, kept = self.lines(lambda: (print("one"), print("two", end=""), print(" and a half"), print("rest", end="")))
        self.assertEqual(printed, "one\ntwo and a half\nrest")
        self.assertEqual(kept, [("stdout", "one", 4), ("stdout", "two and a half", 4), ("stdout", "rest", 4)])

    def test_a_progress_bar_is_one_line(self):
        _, kept = self.lines(lambda: [print(f"\r{part} %", end="") for part in range(100)] and print("\r\x1b[32mdone\x1b[0m"))
        self.assertEqual([text for _, text, _ in kept], ["done"])

    def test_a_flood_is_cut_and_counted(self):
        printed, kept = self.lines(lambda: [print(number) for number in range(3000)])
        self.assertEqual(printed.count("\n"), 3000)
        self.assertLess(len(kept), 2500)
        self.assertRegex(kept[-1][1], r"lines left out|2999")

    def test_other_streams_in_between_are_left_in_place(self):
        mine = io.StringIO()

        def write():
            sys.stdout = mine
            print("mine")

        with mock.patch("sys.stdout", io.StringIO()):
            with start(self.server, settings={"console": True}):
                write()
            self.assertIs(sys.stdout, mine)


class SystemTests(unittest.TestCase):
    @unittest.skipUnless(os.path.exists("/proc/self/status"), "this system has no /proc")
    def test_a_sample_has_processor_memory_disk_and_network(self):
        sampler = _system.Sampler()
        sampler.sample()
        end = time.process_time() + 0.05
        while time.process_time() < end:
            pass
        values = sampler.sample()
        for name in ("cpu", "host_cpu", "memory", "memory_available", "disk_free", "disk_read", "disk_write"):
            self.assertIn(f"system/{name}", values)
        self.assertGreater(values["system/cpu"], 1.0)
        self.assertGreater(values["system/memory"], 5.0)

    def test_devices_are_read_from_nvidia_smi(self):
        text = "0, 87, 10240, 24576, 61, 210.5\n1, 3, 12, 24576, 40, [N/A]\nno devices were found\n"
        values = _system.parse_devices(text)
        self.assertEqual((values["system/gpu/0/util"], values["system/gpu/1/memory_used"]), (87.0, 12.0))
        self.assertNotIn("system/gpu/1/power", values)

    def test_metrics_are_logged_beside_the_run_and_move_no_step(self):
        with FaultyServer() as server:
            with start(server, settings={"system_interval": 0.02}) as run:
                run.log({"a": 1.0}, step=7)
                wait_for(lambda: server.points(run.id, "system/disk_free"))
                run.log({"a": 2.0})
            self.assertEqual(server.points(run.id, "a"), [(7, 1.0), (7, 2.0)])
            self.assertTrue({step for step, _ in server.points(run.id, "system/disk_free")} <= {0, 7})
            self.assertNotIn("system/disk_free", run.summary)


class EnvironmentTests(unittest.TestCase):
    def test_secrets_of_the_command_line_are_not_told(self):
        with mock.patch("sys.argv", ["train.py", "--api-key", "s1", "--token=s2", "--lr", "0.1", "--password"]):
            told = _environment.command_line()[1:]
        self.assertEqual(told, ["train.py", "--api-key", "***", "--token=***", "--lr", "0.1", "--password"])

    def test_the_commit_and_what_was_changed_since_are_told(self):
        with tempfile.TemporaryDirectory() as folder:
            def git(*words):
                subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@x", *words], cwd=folder, check=True, capture_output=True)

            git("init", "-q")
            git("config", "remote.origin.url", "https://me:secret@example.org/a.git")
            with open(os.path.join(folder, "a.txt"), "w") as file:
                file.write("one\n")
            git("add", ".")
            git("commit", "-qm", "first")
            before = os.getcwd()
            os.chdir(folder)
            try:
                clean = _environment.git()
                with open("a.txt", "a") as file:
                    file.write("two\n")
                dirty = _environment.git()
            finally:
                os.chdir(before)
        self.assertEqual((len(clean["commit"]), clean["dirty"], clean["remote"]), (40, False, "https://example.org/a.git"))
        self.assertTrue(dirty["dirty"])
        self.assertIn("+two", dirty["diff"])

    def test_commit_and_packages_are_events(self):
        with FaultyServer() as server:
            with start(server, settings={"environment": True}) as run:
                wait_for(lambda: {"packages"} <= {event["name"] for event in server.events(run.id, "env")})


class RankTests(unittest.TestCase):
    TORCHRUN = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500", "TORCHELASTIC_RUN_ID": "none"}

    def ranks(self, number=0, **variables):
        with mock.patch.dict(os.environ, variables):
            return _ranks.find_ranks(number)

    def test_processes_of_one_launch_share_an_id(self):
        for names in (self.TORCHRUN, {**self.TORCHRUN, "TORCHELASTIC_RUN_ID": "b1", "LOCAL_WORLD_SIZE": "1"},
                      {"SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2", "SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0"}):
            if names is self.TORCHRUN and not os.path.exists("/proc/self/stat"):
                continue
            rank_name = next(iter(names))
            zero, one = self.ranks(**{**names, rank_name: "0"}), self.ranks(**names)
            self.assertEqual((zero.rank, one.rank, zero.shared_id), (0, 1, one.shared_id))
            self.assertIsNotNone(one.shared_id)
            self.assertNotEqual(self.ranks(1, **names).shared_id, one.shared_id, "a second run of the script is another run")

    def test_where_nothing_tells_one_launch_from_the_next_there_is_no_id(self):
        self.assertIsNone(self.ranks(**{**self.TORCHRUN, "LOCAL_WORLD_SIZE": "1"}).shared_id)

    def test_one_process_is_rank_0_of_a_run_of_its_own(self):
        self.assertEqual((self.ranks().rank, self.ranks(RANK="0", WORLD_SIZE="1").shared_id), (0, None))

    def test_ranks_without_a_shared_id_log_from_the_first_alone(self):
        with mock.patch.dict(os.environ, {**self.TORCHRUN, "LOCAL_WORLD_SIZE": "1"}), FaultyServer() as server:
            run = start(server)
            run.log({"a": 1.0})
            run.finish()
            self.assertEqual(server.requests, [])

    def test_both_ranks_of_a_launch_log_to_one_run(self):
        with FaultyServer() as server, mock.patch.object(tracker._session, "_started", 0):
            with mock.patch.dict(os.environ, {**self.TORCHRUN, "RANK": "0"}):
                zero = start(server)
            tracker._session._current, tracker._session._started = None, 0
            with mock.patch.dict(os.environ, self.TORCHRUN):
                one = start(server)
            one.log({"a": 1.0})
            zero.log({"a": 0.0})
            one.finish()
            zero.finish()
            self.assertEqual((len(server.runs), server.points(zero.id, "a"), server.points(zero.id, "rank1/a")), (1, [(0, 0.0)], [(0, 1.0)]))
            self.assertEqual(server.run(zero.id)["state"], "finished")
        forget_current()


class RunTests(unittest.TestCase):
    def setUp(self):
        self.server = FaultyServer()
        self.addCleanup(self.server.close)
        self.addCleanup(forget_current)

    def test_name_tags_and_notes_can_be_changed(self):
        with start(self.server) as run:
            run.name, run.tags, run.notes = "new", run.tags + ("late",), "why"
        sent = {}
        for request in self.server.to("PATCH", run.id):
            sent.update(request["body"])
        self.assertEqual(sent, {"name": "new", "tags": ["late"], "notes": "why"})

    def test_batch_ids_and_notes_are_events(self):
        with start(self.server) as run:
            run.log({"a": 1.0}, step=3)
            run.log_batch([17, "cat-4"])
            run.log_event("note", "thought", {"text": "odd"})
        self.assertEqual([(event["step"], event["data"]) for event in self.server.events(run.id, "batch")], [(3, {"ids": ["17", "cat-4"]})])
        self.assertEqual(self.server.events(run.id, "note")[0]["data"], {"text": "odd"})

    def test_what_a_run_has_not_is_said(self):
        with start(self.server) as run, self.assertRaisesRegex(AttributeError, "a run has no 'define_metric': it has alert"):
            run.define_metric("x")

    def test_arguments_of_wandb_without_a_meaning_are_named_and_unknown_ones_refused(self):
        with mock.patch.object(tracker._session, "_once", tracker._messages.Once()), self.assertLogs("tracker", "WARNING") as logs:
            start(self.server, entity="team", reinit=True, save_code=False).finish()
        self.assertEqual(len(logs.output), 2)
        with self.assertRaisesRegex(tracker.UsageError, "init has no colour"):
            start(self.server, colour="red")
