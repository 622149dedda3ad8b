"""The spool on disk: what it keeps, what it gives back, who may send it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest
from pathlib import Path
from unittest import mock

import tracker
from tests.server import FaultyServer, forget_current, start, wait_for
from tracker._spool import BATCH, REQUEST, Record, Spool, folders

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def head(writer="w1"):
    return {"url": "http://x", "mode": "online", "writer": writer, "create": {"id": "r", "project": "p"}}


def batch(number, size=10):
    return Record(BATCH, number, 1, b"%d:" % number + b"x" * size)


class SpoolTests(unittest.TestCase):
    def setUp(self):
        self.parent = tempfile.mkdtemp(dir=os.environ["TRACKER_SPOOL"])

    def create(self, disk=1 << 30, memory=1 << 20, writer="w1"):
        spool = Spool.create(self.parent, head(writer), disk, memory)
        self.addCleanup(spool.abandon)
        return spool

    def drain(self, spool):
        records = []
        while True:
            record = spool.peek()
            if record is None:
                return records
            records.append(record)
            spool.advance(record)

    def test_records_come_back_in_order_across_segments(self):
        spool = self.create()
        written = [batch(number, 1_000_000) for number in range(1, 12)] + [Record(REQUEST, 0, 0, b"{}")]
        for record in written:
            self.assertTrue(spool.append(record))
        self.assertGreater(len([name for name in os.listdir(spool.folder) if name.endswith(".log")]), 1)
        self.assertEqual(self.drain(spool), written)
        self.assertEqual(spool.points, 0)

    def test_what_is_settled_leaves_the_disk(self):
        spool = self.create()
        folder = Path(spool.folder)
        for number in range(1, 12):
            spool.append(batch(number, 1_000_000))
        self.drain(spool)
        self.assertLess(sum(path.stat().st_size for path in folder.iterdir()), 10_000)
        spool.close()
        spool.leave()
        self.assertFalse(folder.exists())

    def test_what_is_left_is_there_for_the_next_process(self):
        spool = self.create()
        for number in range(1, 4):
            spool.append(batch(number))
        spool.advance(spool.peek())
        spool.leave()
        again = Spool.adopt(os.path.join(self.parent, "w1"))
        # The first one is there, too: that it was settled is not written down, and sent again it changes nothing.
        self.assertEqual((again.points, [record.number for record in self.drain(again)]), (3, [1, 2, 3]))
        self.assertEqual(again.head["create"]["id"], "r")
        again.leave()

    def test_a_torn_tail_costs_the_torn_record_only(self):
        for cut in (1, 5, 23, 30):
            with self.subTest(cut=cut):
                spool = self.create(writer=f"torn{cut}")
                for number in range(1, 4):
                    spool.append(batch(number, 20))
                path = Path(spool.folder) / "00000001.log"
                spool.leave()
                data = path.read_bytes()
                path.write_bytes(data[:-cut])
                again = Spool.adopt(str(path.parent))
                self.assertEqual([record.number for record in self.drain(again)], [1, 2])
                again.abandon()

    def test_a_record_that_was_damaged_is_not_sent(self):
        spool = self.create()
        for number in range(1, 4):
            spool.append(batch(number, 20))
        path = Path(spool.folder) / "00000001.log"
        spool.leave()
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        again = Spool.adopt(str(path.parent))
        self.assertEqual([record.number for record in self.drain(again)], [1, 2])
        again.leave()

    def test_a_spool_has_one_owner(self):
        spool = self.create()
        spool.append(batch(1))
        self.assertIsNone(Spool.adopt(spool.folder))
        folder = spool.folder
        spool.leave()
        first = Spool.adopt(folder)
        self.assertIsNotNone(first)
        self.assertIsNone(Spool.adopt(folder))
        self.drain(first)
        first.leave()
        self.assertIsNone(Spool.adopt(folder))

    def test_a_full_disk_is_followed_by_memory_and_then_by_a_no_and_order_stays(self):
        spool = self.create(disk=200, memory=200)
        taken = [number for number in range(1, 20) if spool.append(batch(number, 20))]
        self.assertTrue(4 < len(taken) < 19)
        self.assertEqual([record.number for record in self.drain(spool)], taken)
        self.assertTrue(spool.append(batch(50, 20)), "there is room again")

    def test_a_folder_that_cannot_be_written_leaves_memory(self):
        blocked = os.path.join(self.parent, "file")
        Path(blocked).write_text("")
        spool = Spool.create(blocked, head(), 1 << 20, 1 << 20)
        self.assertIsNone(spool.folder)
        self.assertIn("file", spool.failure)
        spool.append(batch(1))
        self.assertEqual([record.number for record in self.drain(spool)], [1])

    def test_strange_folders_are_left_alone(self):
        for content in ("", "[]", '{"format": 99}', '{"format": 1, "writer": "x", "create": 5}'):
            folder = tempfile.mkdtemp(dir=self.parent)
            Path(folder, "head.json").write_text(content)
            self.assertIsNone(Spool.adopt(folder))
        self.assertEqual(folders(os.path.join(self.parent, "absent")), [])


class CatchingUpTests(unittest.TestCase):
    def setUp(self):
        self.server = FaultyServer()
        self.addCleanup(self.server.close)
        self.addCleanup(forget_current)
        self.spools = tempfile.mkdtemp(dir=os.environ["TRACKER_SPOOL"])

    def start(self, **options):
        settings = {"spool_folder": self.spools, **options.pop("settings", {})}
        return start(self.server, settings=settings, **options)

    def script(self, text, **environment):
        return subprocess.Popen(
            [sys.executable, "-c", "import tracker\n" + textwrap.dedent(text)], cwd=HERE, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "TRACKER_URL": self.server.url, "TRACKER_MODE": "online", "TRACKER_SPOOL": self.spools, **environment})

    def expect(self, run, count):
        wait_for(lambda: run in self.server.runs and len(self.server.points(run, "a")) >= count, 30)
        self.assertEqual(self.server.points(run, "a"), [(step, float(step)) for step in range(count)])

    def away(self):
        """The server closes its port; gives a function that opens it again, with all that it held."""
        port, held = self.server.port, self.server.runs
        self.server.close()

        def back():
            self.server = FaultyServer(port)
            self.server.runs = held

        return back

    def test_an_outage_costs_no_memory_and_no_point(self):
        run = self.start(settings={"buffer_bytes": 2 << 20, "request_timeout": 0.5})
        wait_for(lambda: run._sender.left == 0)
        back = self.away()
        for step in range(30_000):  # Some 8 MB in memory, were they kept there.
            run.log({"a": float(step)}, step=step)
        self.assertLessEqual(run._buffer._held, 2 << 20)
        wait_for(lambda: run._buffer.points == 0)
        back()
        run.finish()
        self.assertEqual((run._buffer.dropped, run._sender.dropped), (0, 0))
        self.expect(run.id, 30_000)
        self.assertEqual(os.listdir(self.spools), [])

    def test_what_finish_could_not_send_the_next_run_sends(self):
        back = self.away()
        with self.assertLogs("tracker", "WARNING") as logs:
            run = self.start(settings={"finish_timeout": 0.3})
            for step in range(5):
                run.log({"a": float(step)}, step=step)
            run.finish(exit_code=3)
        self.assertIn("are kept in", logs.output[-1])
        back()
        with self.start():
            self.expect(run.id, 5)
            wait_for(lambda: run.id in self.server.runs and self.server.runs[run.id]["state"] == "failed")
        self.assertEqual(self.server.runs[run.id]["exitCode"], 3)
        wait_for(lambda: os.listdir(self.spools) == [])

    def test_a_process_that_is_killed_loses_nothing_that_it_spooled(self):
        gate = threading.Event()
        self.addCleanup(gate.set)
        self.server.faults[:] = [lambda: gate.wait(20) and None] * 4
        process = self.script("""
            import sys
            run = tracker.init(project='p', id='killed', settings=tracker.Settings(flush_interval=0.02, system_interval=0, environment=False, console=False))
            for step in range(1000):
                run.log({'a': float(step)}, step=step)
            while run._buffer.points: run._buffer._freed.wait(1)
            print('spooled', flush=True)
            sys.stdin.read()
            """)
        self.assertEqual(process.stdout.readline(), "spooled\n")
        process.send_signal(signal.SIGKILL)
        process.communicate()
        gate.set()
        with self.start():
            self.expect("killed", 1000)
        self.assertEqual(len(self.server.runs["killed"]["writers"]), 1)

    def test_a_resumed_run_sends_what_its_earlier_life_left_before_its_own(self):
        back = self.away()
        with self.assertLogs("tracker", "WARNING"):
            run = self.start(id="again", resume="allow", settings={"finish_timeout": 0.2})
            for step in range(3):
                run.log({"a": float(step)}, step=step)
            run.finish()
        back()
        with self.start(id="again", resume="allow") as run:
            for step in range(3, 6):
                run.log({"a": float(step)}, step=step)
        self.expect("again", 6)

    def test_a_writer_that_the_server_lost_is_sent_on_once_also_by_the_next_process(self):
        """The server forgets a writer (a restore from a backup); the client goes on as another, and dies."""
        run = self.start()
        for step in range(3):
            run.log({"a": float(step)}, step=step)
            wait_for(lambda: run._sender.left == 0)
        folder = run._sender.folder
        self.server.runs[run.id]["writers"].clear()
        run.log({"a": 3.0}, step=3)
        wait_for(lambda: len(self.server.points(run.id, "a")) == 4)
        back = self.away()
        run.log({"a": 4.0}, step=4)
        wait_for(lambda: run._buffer.points == 0)
        shutil.copytree(folder, folder + "-copy")  # What a kill leaves.
        run._settings = tracker.Settings(finish_timeout=0.2)
        with self.assertLogs("tracker", "WARNING"):
            run.finish()
        shutil.rmtree(folder, ignore_errors=True)
        back()
        with self.start():
            self.expect(run.id, 5)
        self.assertEqual(len(self.server.runs[run.id]["writers"]), 1)

    def test_a_spool_of_another_client_is_sent(self):
        """The .NET client writes the same files; its bodies may have another order of members."""
        create = {"project": "p", "id": "other", "config": {}}
        head = {"url": self.server.url, "mode": "online", "writer": "dotnet-1", "run": "other", "create": create}
        spool = Spool.create(self.spools, head, 1 << 30, 0)
        for number in range(1, 4):
            body = {"series": [{"name": "a", "steps": [number - 1], "values": [number - 1.0]}], "batch": number, "writer": "dotnet-1"}
            spool.append(Record(BATCH, number, 1, json.dumps(body).encode()))
        spool.move_to("dotnet-2", 2)
        spool.append(Record(REQUEST, 0, 0, b'{"method": "POST", "path": "/runs/other/finish", "body": {"state": "killed", "exitCode": 137}}'))
        spool.leave()
        with self.start():
            wait_for(lambda: self.server.runs.get("other", {}).get("state") == "killed")
        self.assertEqual(self.server.points("other", "a"), [(1, 1.0), (2, 2.0)])
        self.assertEqual(self.server.runs["other"]["writers"], {"dotnet-2": 2})

    def test_a_dropped_batch_is_seen_in_the_run(self):
        self.server.faults[:] = [None, 413]
        with self.assertLogs("tracker", "WARNING"):
            run = self.start()
            wait_for(lambda: self.server.events(run.id, "env"))
            run.log({"a": 1.0})
            run.finish()
        (note,) = [event for event in self.server.events(run.id, "note") if event["name"] == "dropped"]
        self.assertEqual(note["data"]["points"], 1)
        self.assertIn("413", note["data"]["reason"])

    def test_a_key_that_is_taken_back_for_a_while_costs_nothing(self):
        self.server.faults[:] = [None, 401, 403, 401]
        with self.assertLogs("tracker", "INFO") as logs:
            run = self.start()
            wait_for(lambda: self.server.events(run.id, "env"))
            run.log({"a": 0.0}, step=0)
            run.finish()
        self.expect(run.id, 1)
        self.assertIn("does not take data now (401", "\n".join(logs.output))

    def test_a_server_whose_disk_is_full_gets_everything_later(self):
        self.server.faults[:] = [None] + [(507, {"Retry-After": "0"}, {"title": "Quota"})] * 5
        run = self.start()
        for step in range(200):
            run.log({"a": float(step)}, step=step)
        run.finish()
        self.expect(run.id, 200)

    def test_sync_sends_what_was_left(self):
        back = self.away()
        with self.assertLogs("tracker", "WARNING"):
            run = self.start(settings={"finish_timeout": 0.2})
            run.log({"a": 0.0}, step=0)
            run.finish()
        back()
        done = subprocess.run([sys.executable, "-m", "tracker", "sync"], cwd=HERE, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "TRACKER_URL": self.server.url, "TRACKER_SPOOL": self.spools})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 of 1 spools sent", done.stdout)
        self.expect(run.id, 1)


class SizeTests(unittest.TestCase):
    def setUp(self):
        self.addCleanup(forget_current)
        self.folder = tempfile.mkdtemp(dir=os.environ["TRACKER_SPOOL"])

    def offline(self, **options):
        settings = tracker.Settings(offline_folder=self.folder, system_interval=0, console=False, environment=False, **options)
        return tracker.init(project="tests", mode="offline", settings=settings)

    def bodies(self):
        (path,) = folders(self.folder)
        spool = Spool.adopt(path)
        self.addCleanup(spool.abandon)
        while True:
            record = spool.peek()
            if record is None:
                return
            if record.kind == BATCH:
                yield json.loads(record.payload)
            spool.advance(record)


    def test_a_million_calls_are_all_there(self):
        with self.offline() as run:
            for step in range(1_000_000):
                run.log({"a": 0.5}, step=step)
        self.assertEqual(run._buffer.dropped, 0)
        at = 0
        for body in self.bodies():
            for series in body.get("series", []):
                self.assertEqual((series["steps"][0], series["steps"][-1]), (at, at + len(series["steps"]) - 1))
                at += len(series["steps"])
        self.assertEqual(at, 1_000_000)

    def test_ten_thousand_series_are_all_there(self):
        with self.offline() as run:
            for step in range(3):
                run.log({f"layer{number}/norm": float(number) for number in range(10_000)}, step=step)
        counts = {}
        for body in self.bodies():
            for series in body.get("series", []):
                counts[series["name"]] = counts.get(series["name"], 0) + len(series["steps"])
        self.assertEqual((len(counts), set(counts.values())), (10_000, {3}))

    def test_sixty_four_threads_lose_nothing(self):
        run = self.offline()

        def log(rank):
            for step in range(200):
                run.log({f"t{rank}": float(step)}, step=step)

        threads = [threading.Thread(target=log, args=(rank,)) for rank in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        run.finish()
        values = {}
        for body in self.bodies():
            for series in body.get("series", []):
                values.setdefault(series["name"], []).extend(series["values"])
        self.assertEqual(len(values), 64)
        self.assertTrue(all(found == [float(step) for step in range(200)] for found in values.values()))


class ModeTests(unittest.TestCase):
    def test_an_empty_spool_folder_means_memory_alone(self):
        with mock.patch.dict(os.environ, {"TRACKER_SPOOL": ""}), FaultyServer() as server:
            with start(server) as run:
                run.log({"a": 1.0})
                self.assertIsNone(run._sender.folder)
            self.assertEqual(server.points(run.id, "a"), [(0, 1.0)])
