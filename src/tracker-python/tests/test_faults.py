"""Whatever the server, the network or the process does: the loop goes on, and what is acknowledged counts once."""

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import unittest
import weakref

from tests.server import FaultyServer, forget_current, start, wait_for

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class FaultTests(unittest.TestCase):
    def setUp(self):
        self.server = FaultyServer()
        self.addCleanup(self.server.close)
        self.addCleanup(forget_current)

    def log_with(self, faults, **options):
        """Logs three points in three batches through `faults`; gives the run after its end, and in `said` what was said."""
        with self.assertLogs("tracker", "INFO") as logs:
            run = start(self.server, **options)
            wait_for(lambda: self.server.events(run.id, "env"))
            self.server.faults[:] = faults
            for step in range(3):
                sent = len(self.server.to("POST", "/log"))
                run.log({"a": float(step)}, step=step)
                wait_for(lambda: len(self.server.to("POST", "/log")) > sent or run._buffer.closed)
            run.finish()
        self.said = "\n".join(logs.output)
        return run

    def assert_all_arrived_once(self, run):
        self.assertEqual(self.server.points(run.id, "a"), [(0, 0.0), (1, 1.0), (2, 2.0)])
        self.assertEqual(self.server.run(run.id)["state"], "finished")

    def test_every_transient_fault_is_survived_without_loss_or_double(self):
        for fault in [429, 500, 502, 503, 408, "cut", "cut after", "cut body"]:
            with self.subTest(fault=fault):
                run = self.log_with([fault, fault, fault])
                self.assert_all_arrived_once(run)

    def test_a_batch_is_sent_again_with_the_same_bytes(self):
        run = self.log_with([500, "cut after", 503])
        bodies = {}
        for request in self.server.to("POST", f"{run.id}/log"):
            bodies.setdefault(request["body"]["batch"], set()).add(request["raw"])
        self.assertEqual({number: len(raws) for number, raws in bodies.items()}, {number: 1 for number in range(1, len(bodies) + 1)})

    def test_being_away_and_back_is_said_once_each(self):
        self.log_with([500, 500, 500])
        self.assertEqual((self.said.count("does not take data now"), self.said.count("takes data again")), (1, 1))

    def test_retry_after_is_obeyed(self):
        run = self.log_with([(429, {"Retry-After": "0.3"}, {})])
        first, second = self.server.to("POST", f"{run.id}/log")[1:3]
        self.assertGreaterEqual(second["at"] - first["at"], 0.3)

    def test_a_refused_batch_is_dropped_counted_and_its_number_used_again(self):
        for status in (400, 413, 422, 405):
            with self.subTest(status=status):
                run = self.log_with([status])
                self.assertEqual(self.server.points(run.id, "a"), [(1, 1.0), (2, 2.0)])
                self.assertIn("1 points dropped", self.said)
                self.assertEqual(self.said.count("was refused and dropped"), 1)
                self.assertEqual([batch["batch"] for batch in self.server.batches(run.id)], list(range(1, len(self.server.batches(run.id)) + 1)))

    def test_a_batch_that_the_server_can_never_store_does_not_hold_the_others_for_ever(self):
        run = self.log_with([500] * 20)
        self.assertEqual(self.server.points(run.id, "a"), [(1, 1.0), (2, 2.0)])
        self.assertEqual(self.said.count("was refused and dropped"), 1)

    def test_a_deleted_run_takes_no_more_and_says_so(self):
        run = self.log_with([410])
        self.assertIn("was deleted on the server", self.said)
        self.assertEqual(len(self.server.to("POST", f"{run.id}/log")), 2)

    def test_a_gap_is_closed_as_a_new_writer(self):
        def lose():
            (writer,) = self.server.run(run_id())["writers"]
            self.server.run(run_id())["writers"][writer] = 0

        def run_id():
            return self.server.requests[-1]["path"].split("/")[-2]

        run = self.log_with([None, lose])
        self.assert_all_arrived_once(run)
        self.assertEqual(len(self.server.run(run.id)["writers"]), 2)

    def test_a_writer_that_meets_a_strange_batch_1_goes_on_as_another(self):
        run = self.log_with([(409, {}, {"title": "Other batch", "acceptedThrough": 1})])
        self.assert_all_arrived_once(run)

    def test_a_run_that_the_server_lost_is_created_again(self):
        lost = []

        def forget():
            lost.append(self.server.runs.pop(self.server.requests[-1]["path"].split("/")[-2]))

        run = self.log_with([None, forget])
        self.assertEqual(self.server.points(run.id, "a"), [(1, 1.0), (2, 2.0)])

    def test_a_run_that_is_lost_again_and_again_ends_in_a_drop_and_not_in_a_circle(self):
        run = self.log_with([404] * 5)
        self.assertEqual(self.server.points(run.id, "a"), [(1, 1.0), (2, 2.0)])

    def test_a_create_whose_answer_was_lost_is_no_second_run(self):
        self.server.create_faults[:] = ["cut after"]
        run = self.log_with([], id="mine")
        self.assert_all_arrived_once(run)
        self.assertEqual(len(self.server.runs), 1)
        self.assertEqual([request["body"]["resume"] for request in self.server.to("POST", "/runs")], ["never", "allow"])

    def test_a_create_that_never_arrived_joins_no_run_of_another(self):
        start(self.server, id="mine").finish()
        port, held = self.server.port, self.server.runs
        self.server.close()
        with self.assertLogs("tracker", "WARNING") as logs:
            run = start(f"http://127.0.0.1:{port}", id="mine")
            run.log({"a": 7.0})
            self.server = FaultyServer(port)
            self.server.runs = held
            wait_for(lambda: run._buffer.closed)
            run.finish()
        self.assertIn("409 run mine exists", "\n".join(logs.output))
        self.assertEqual(self.server.points("mine", "a"), [])

    def test_a_slow_server_does_not_slow_the_loop(self):
        gate = threading.Event()
        run = start(self.server)
        wait_for(lambda: self.server.events(run.id, "env"))
        self.server.faults[:] = [lambda: gate.wait(5) and None]
        run.log({"a": -1.0}, step=0)
        wait_for(lambda: not self.server.faults)
        for step in range(1000):
            run.log({"a": float(step)}, step=step)
        self.assertEqual(self.server.points(run.id, "a"), [], "all of them were logged while the server kept still")
        gate.set()
        run.finish()
        self.assertEqual(len(self.server.points(run.id, "a")), 1001)

    def test_partly_rejected_batches_are_said_once(self):
        rejected = {"acceptedThrough": 2, "accepted": 0, "rejected": [{"series": "a", "step": 0, "reason": "kind"}], "stop": None}
        self.log_with([(200, {}, rejected)])
        self.assertEqual(self.said.count("kept all but 1 points"), 1)

    def test_memory_is_bounded_and_drops_are_counted(self):
        gate = threading.Event()
        with self.assertLogs("tracker", "WARNING") as logs:
            run = start(self.server, settings={"buffer_bytes": 100_000, "spool_folder": ""})
            wait_for(lambda: self.server.events(run.id, "env") and run._sender.left == 0)
            self.server.faults[:] = [lambda: gate.wait(5) and None]
            for step in range(10_000):
                run.log({"a": float(step)}, step=step)
                self.assertLessEqual(run._buffer._held + run._sender._spool._held[0], 200_000)
            gate.set()
            run.finish()
        points = self.server.points(run.id, "a")
        self.assertTrue(0 < len(points) < 10_000)
        self.assertEqual(points, [(step, float(step)) for step, _ in points])
        self.assertEqual(points, sorted(points))
        self.assertIn(f"{10_000 - len(points)} points dropped", logs.output[-1])

    def test_an_unreachable_server_at_init_is_no_error_and_gets_everything_later(self):
        port, url = self.server.port, self.server.url
        self.server.close()
        with self.assertLogs("tracker", "INFO") as logs:
            run = start(url)
            run.log({"a": 1.0})
            self.assertIsNone(run.url)
            self.server = FaultyServer(port)
            wait_for(lambda: run.id in self.server.runs)
            run.finish()
        self.server.close()
        self.assertEqual(self.server.points(run.id, "a"), [(0, 1.0)])
        self.assertIn("does not take data now", "\n".join(logs.output))
        self.server = FaultyServer()

    def test_finish_is_bounded_and_says_what_is_left(self):
        with self.assertLogs("tracker", "WARNING") as logs:
            run = start("http://127.0.0.1:9", settings={"finish_timeout": 0.2})
            run.log({"a": 1.0, "b": 2.0})
            run.finish()
        self.assertIn("3 points did not reach the server within 0.2 s and are kept in", logs.output[-1])

    def test_without_a_disk_what_finish_could_not_send_is_lost_and_said(self):
        with self.assertLogs("tracker", "WARNING") as logs:
            run = start("http://127.0.0.1:9", settings={"finish_timeout": 0.2, "spool_folder": ""})
            run.log({"a": 1.0, "b": 2.0})
            run.finish()
        self.assertIn("3 points did not reach the server within 0.2 s and are lost", logs.output[-1])

    def test_a_refusal_that_comes_late_ends_logging_and_not_the_loop(self):
        self.server.create_faults[:] = [503, 503, 401]
        with self.assertLogs("tracker", "WARNING") as logs:
            run = start(self.server)
            wait_for(lambda: run._buffer.closed)
            run.log({"a": 1.0})
            run.finish()
        self.assertIn("401", "\n".join(logs.output))

    def test_finished_runs_leave_no_thread_and_no_memory(self):
        run = start(self.server)
        run.finish()
        forget_current()
        wait_for(lambda: not any(thread.name == "tracker-sender" for thread in threading.enumerate()))
        gone = weakref.ref(run)
        del run
        gc.collect()
        self.assertIsNone(gone())


class ProcessTests(unittest.TestCase):
    """Scripts of their own: how an interpreter ends, and forks."""

    def setUp(self):
        self.server = FaultyServer()
        self.addCleanup(self.server.close)

    def script(self, text, **environment):
        return subprocess.Popen(
            [sys.executable, "-c", "import tracker\n" + textwrap.dedent(text)], cwd=HERE, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "TRACKER_URL": self.server.url, "TRACKER_MODE": "online", **environment})

    def finish(self, process):
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors

    def only_run(self):
        ((id, run),) = self.server.runs.items()
        return id, run

    def test_the_end_of_a_script_finishes_the_run(self):
        code, _, errors = self.finish(self.script("tracker.init(project='p')\ntracker.log({'a': 1.0})"))
        id, run = self.only_run()
        self.assertEqual((code, run["state"], self.server.points(id, "a")), (0, "finished", [(0, 1.0)]))
        self.assertIn(f"tracker: run {id} of project p: {self.server.url}/runs/{id}", errors)

    def test_an_exception_fails_the_run(self):
        code, _, errors = self.finish(self.script("tracker.init()\ntracker.log({'a': 1.0})\nraise ValueError('boom')"))
        _, run = self.only_run()
        self.assertEqual((code, run["state"], run["exitCode"]), (1, "failed", 1))
        self.assertIn("ValueError: boom", errors)

    def test_ctrl_c_kills_the_run_and_loses_nothing(self):
        process = self.script("""
            import sys
            tracker.init(settings=tracker.Settings(flush_interval=30))
            tracker.log({'a': 1.0})
            print('ready', flush=True)
            sys.stdin.read()
            """)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        self.finish(process)
        id, run = self.only_run()
        self.assertEqual((run["state"], run["exitCode"], self.server.points(id, "a")), ("killed", 130, [(0, 1.0)]))

    def test_a_termination_kills_the_run_and_loses_nothing(self):
        process = self.script("""
            import sys
            with tracker.init(settings=tracker.Settings(flush_interval=30)) as run:
                run.log({'a': 1.0})
                print('ready', flush=True)
                sys.stdin.read()
            """)
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        code, _, _ = self.finish(process)
        id, run = self.only_run()
        self.assertEqual((code, run["state"], run["exitCode"], self.server.points(id, "a")), (143, "killed", 143, [(0, 1.0)]))

    def test_sys_exit_with_a_code_fails_the_run_and_one_that_was_caught_does_not(self):
        self.finish(self.script("import sys\ntracker.init(id='left')\ntracker.log({'a': 1.0})\nsys.exit(3)"))
        self.finish(self.script("""
            import sys
            tracker.init(id='went-on')
            try: sys.exit(3)
            except SystemExit: pass
            tracker.log({'a': 1.0})
            """))
        self.assertEqual([(self.server.run(id)["state"], self.server.run(id)["exitCode"]) for id in ("left", "went-on")], [("failed", 3), ("finished", 0)])

    def test_an_unreachable_server_does_not_hold_the_exit_for_long(self):
        process = self.script("tracker.init(settings=tracker.Settings(finish_timeout=0.2))\ntracker.log({'a': 1.0})", TRACKER_URL="http://127.0.0.1:9")
        code, _, errors = self.finish(process)
        self.assertEqual(code, 0)
        self.assertIn("did not reach the server within 0.2 s", errors)

    @unittest.skipUnless(hasattr(os, "fork"), "this system does not fork")
    def test_forked_children_are_writers_of_their_own(self):
        code, _, errors = self.finish(self.script("""
            import multiprocessing, os
            run = tracker.init(settings=tracker.Settings(flush_interval=0.05))
            run.log({'parent': 0.0})
            def work(rank):
                for step in range(100):
                    run.log({f'child{rank}': float(step)}, step=step)
            children = [multiprocessing.get_context('fork').Process(target=work, args=(rank,)) for rank in range(3)]
            for child in children: child.start()
            for child in children: child.join()
            pid = os.fork()
            if pid == 0:
                run.log({'plain': 1.0}, step=5)
                raise SystemExit(0)
            os.waitpid(pid, 0)
            run.log({'parent': 1.0}, step=1)
            """))
        self.assertEqual(code, 0, errors)
        id, run = self.only_run()
        self.assertEqual(self.server.points(id, "parent"), [(0, 0.0), (1, 1.0)])
        for rank in range(3):
            self.assertEqual(self.server.points(id, f"child{rank}"), [(step, float(step)) for step in range(100)])
        self.assertEqual(self.server.points(id, "plain"), [(5, 1.0)])
        self.assertEqual(len(run["writers"]), 5)
        self.assertEqual(len(self.server.to("POST", "/finish")), 1)

    @unittest.skipUnless(hasattr(os, "fork"), "this system does not fork")
    def test_a_fork_while_others_log_never_hangs(self):
        code, _, errors = self.finish(self.script("""
            import os, threading
            run = tracker.init(settings=tracker.Settings(flush_interval=0.001, buffer_bytes=1 << 20))
            over = threading.Event()
            def log():
                while not over.is_set():
                    run.log({'a': 1.0})
            threads = [threading.Thread(target=log) for _ in range(4)]
            for thread in threads: thread.start()
            for _ in range(10):
                pid = os.fork()
                if pid == 0:
                    run.log({'child': 1.0}, step=1)
                    run.finish()
                    os._exit(0)
                assert os.waitpid(pid, 0)[1] == 0
            over.set()
            for thread in threads: thread.join()
            """))
        self.assertEqual(code, 0, errors)
        id, _ = self.only_run()
        self.assertEqual(len(self.server.points(id, "child")), 10)
