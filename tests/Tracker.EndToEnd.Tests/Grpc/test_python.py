"""tracker.v1.Ingest seen by grpcio. Needs TRACKER_URL, TRACKER_GRPC (host:port), and ingest_pb2, error_details_pb2, status_pb2 on PYTHONPATH."""
import concurrent.futures
import json
import math
import os
import queue
import threading
import time
import unittest
import urllib.request
import uuid

import grpc
from google.protobuf import empty_pb2
from google.rpc import error_details_pb2, status_pb2
from tracker.v1 import ingest_pb2 as pb

URL = os.environ["TRACKER_URL"].rstrip("/")
TARGET = os.environ["TRACKER_GRPC"]
NAMES = [f"layer{i}/norm" for i in range(100)]


class Ingest:
    """What generated stubs would be."""

    def __init__(self, channel):
        def unary(name, answer):
            return channel.unary_unary(f"/tracker.v1.Ingest/{name}", lambda m: m.SerializeToString(), answer.FromString)

        self.create_run = unary("CreateRun", pb.CreateRunResponse)
        self.log = unary("Log", pb.LogResponse)
        self.finish = unary("Finish", pb.FinishResponse)
        self.log_stream = channel.stream_stream("/tracker.v1.Ingest/LogStream", lambda m: m.SerializeToString(), pb.LogResponse.FromString)


def batch(run, number, steps=10, names=NAMES, writer="w"):
    first = (number - 1) * steps
    series = [
        pb.ScalarColumn(name=name, steps=range(first, first + steps), times=[1_760_000_000_000 + s for s in range(first, first + steps)],
                        values=[s / 7 for s in range(first, first + steps)])
        for name in names
    ]
    return pb.LogRequest(run=run, writer=writer, batch=number, series=series)


def rest(path, method="GET", body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + "/api/v1" + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def points(run, name):
    with urllib.request.urlopen(f"{URL}/api/v1/runs/{run}/points?name={name}&format=csv") as answer:
        return [line.split(",") for line in answer.read().decode().splitlines()[1:]]


class IngestTests(unittest.TestCase):
    def setUp(self):
        self.channel = grpc.insecure_channel(TARGET)
        self.addCleanup(self.channel.close)
        self.ingest = Ingest(self.channel)

    def create(self, **more):
        return self.ingest.create_run(pb.CreateRunRequest(project="grpc", **more)).id

    def refused(self, code, call, *args, **more):
        with self.assertRaises(grpc.RpcError) as caught:
            answer = call(*args, **more)
            if not isinstance(answer, (pb.LogResponse, pb.CreateRunResponse, pb.FinishResponse)):
                list(answer)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        return caught.exception

    def details(self, error):
        metadata = dict(error.trailing_metadata())
        status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
        self.assertEqual(status.code, error.code().value[0])
        found = {}
        for detail in status.details:
            for kind in (error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo, error_details_pb2.BadRequest):
                message = kind()
                if detail.Unpack(message):
                    found[kind.__name__] = message
        return found, metadata

    def test_a_run_from_creation_to_end(self):
        name = "run-" + uuid.uuid4().hex
        created = self.ingest.create_run(pb.CreateRunRequest(
            project="grpc", id=name, name="größer", config_json='{"lr": 0.1, "max_grad_norm": 1}', tags=["a", "b"], group="g", job_type="train", notes="n"))
        self.assertEqual((created.id, created.project, created.name, created.state, created.resumed), (name, "grpc", "größer", "running", False))
        self.assertEqual(created.url, f"{URL}/runs/{name}")
        self.assertTrue(self.ingest.create_run(pb.CreateRunRequest(project="grpc", id=name, resume=pb.RESUME_MUST)).resumed)

        answer = self.ingest.log(pb.LogRequest(
            run=name, writer="w", batch=1,
            series=[pb.ScalarColumn(name="train/loss", steps=[0, 1, 2, 3], values=[1.5, math.nan, math.inf, -math.inf]),
                    pb.ScalarColumn(name="far", steps=[-5, 2**53 + 1], times=[7, 8], values=[1, 2])],
            histograms=[pb.HistogramPoint(name="grads", step=1, edges=[-1, 0, 1], counts=[3, 4]), pb.HistogramPoint(name="grads", step=2, edges=[1, 0], counts=[3])],
            events=[pb.Event(kind="note", name="checkpoint", step=0, level="info", data_json='{"file": "a.bin", "x": NaN}')]))
        self.assertEqual((answer.accepted_through, answer.accepted), (1, 6))
        self.assertEqual([(r.series, r.step) for r in answer.rejected], [("far", 2**53 + 1), ("grads", 2)])
        self.assertFalse(answer.HasField("stop"))
        self.assertEqual([(p[0], p[2]) for p in points(name, "train/loss")], [("0", "1.5"), ("1", "NaN"), ("2", "Infinity"), ("3", "-Infinity")])
        self.assertEqual(points(name, "far"), [["-5", "7", "1"]])
        events = rest(f"/runs/{name}/events?kind=note")["items"]
        self.assertEqual((events[0]["step"], events[0]["data"]), (0, {"file": "a.bin", "x": "NaN"}))

        rest(f"/runs/{name}/stop", "POST", {"reason": "enough"})
        again = self.ingest.log(batch(name, 2))
        self.assertEqual(again.stop.reason, "enough")
        self.assertEqual(self.ingest.finish(pb.FinishRequest(run=name, exit_code=3)).state, "failed")
        run = rest(f"/runs/{name}")
        self.assertEqual((run["state"], run["exitCode"], run["config"]["lr"], run["tags"]), ("failed", 3, 0.1, ["a", "b"]))

    def test_five_thousand_streamed_messages_are_acknowledged_in_order_and_stored_once(self):
        run = self.create()
        count = 5_000
        acks = []
        for ack in self.ingest.log_stream(batch(run, n + 1) for n in range(count)):
            acks.append(ack.accepted_through)
            self.assertEqual(ack.accepted, 1_000)
        self.assertGreater(batch(run, 100).ByteSize(), 14_000)
        self.assertEqual(acks, list(range(1, count + 1)))
        stored = rest(f"/runs/{run}/series")["items"]
        self.assertEqual(len(stored), 100)
        for series in stored:
            self.assertEqual((series["count"], series["late"], series["repeated"]), (count * 10, 0, 0))

    def test_an_acknowledgement_comes_before_the_next_batch_is_sent(self):
        run = self.create()
        outgoing = queue.Queue()
        call = self.ingest.log_stream(iter(outgoing.get, None))
        for number in range(1, 6):
            outgoing.put(batch(run if number == 1 else "", number))
            self.assertEqual(next(call).accepted_through, number)
        outgoing.put(None)
        self.assertEqual(list(call), [])
        self.assertEqual(call.code(), grpc.StatusCode.OK)

    def test_batches_without_a_number_keep_their_order(self):
        run = self.create()
        requests = [pb.LogRequest(run=run, series=[pb.ScalarColumn(name=f"s{n % 7}", steps=[n], values=[n])]) for n in range(50)]
        self.assertEqual([ack.accepted_through for ack in self.ingest.log_stream(iter(requests))], [0] * 50)
        self.assertEqual([int(p[0]) for p in points(run, "s3")], list(range(3, 50, 7)))

    def test_gzip_and_deflate_both_ways(self):
        run = self.create()
        for number, compression in enumerate([grpc.Compression.Gzip, grpc.Compression.Deflate, grpc.Compression.NoCompression], 1):
            self.assertEqual(self.ingest.log(batch(run, number), compression=compression).accepted, 1_000)
        far = pb.LogRequest(run=run, writer="w", batch=4, series=[pb.ScalarColumn(name="far", steps=[2**60 + i for i in range(5_000)], values=[0.0] * 5_000)])
        self.assertEqual(len(self.ingest.log(far, compression=grpc.Compression.Gzip).rejected), 1_000)
        acks = list(self.ingest.log_stream((batch(run, n, writer="z") for n in range(1, 50)), compression=grpc.Compression.Gzip))
        self.assertEqual(acks[-1].accepted_through, 49)

    def test_a_gap_names_what_is_stored(self):
        run = self.create()
        self.ingest.log(batch(run, 1))
        error = self.refused(grpc.StatusCode.FAILED_PRECONDITION, self.ingest.log, batch(run, 3))
        found, metadata = self.details(error)
        self.assertEqual(found["ErrorInfo"].reason, "BATCH_OUT_OF_ORDER")
        self.assertEqual(found["ErrorInfo"].metadata["accepted_through"], "1")
        self.assertEqual(metadata["tracker-accepted-through"], "1")
        self.refused(grpc.StatusCode.FAILED_PRECONDITION, self.ingest.log_stream, iter([batch(run, 2), batch(run, 4)]))
        self.assertEqual(len(points(run, NAMES[0])), 20)
        error = self.refused(grpc.StatusCode.ALREADY_EXISTS, self.ingest.log, batch(run, 1, steps=3))
        self.assertEqual(self.details(error)[0]["ErrorInfo"].reason, "WRITER_TAKEN")

    def test_a_repeated_stream_counts_once(self):
        run = self.create()
        for _ in range(3):
            self.assertEqual([a.accepted_through for a in self.ingest.log_stream(batch(run, n) for n in range(1, 30))][-1], 29)
        self.assertEqual(len(points(run, NAMES[0])), 290)

    def test_refusals_name_the_field(self):
        run = self.create()
        wrong = {
            "series[0].values": pb.LogRequest(run=run, series=[pb.ScalarColumn(name="a", steps=[1, 2], values=[1])]),
            "series[1].name": pb.LogRequest(run=run, series=[pb.ScalarColumn(name="a", steps=[1], values=[1]), pb.ScalarColumn(steps=[1], values=[1])]),
            "writer": pb.LogRequest(run=run, batch=1),
            "run": pb.LogRequest(),
            "events[0].kind": pb.LogRequest(run=run, events=[pb.Event(kind="finish")]),
            "events[0].data_json": pb.LogRequest(run=run, events=[pb.Event(kind="note", data_json="[1]")]),
        }
        for field, request in wrong.items():
            error = self.refused(grpc.StatusCode.INVALID_ARGUMENT, self.ingest.log, request)
            self.assertEqual(self.details(error)[0]["BadRequest"].field_violations[0].field, field)
            self.assertTrue(error.details().startswith(field + ": "), error.details())
        error = self.refused(grpc.StatusCode.INVALID_ARGUMENT, self.ingest.create_run, pb.CreateRunRequest())
        self.assertEqual(self.details(error)[0]["BadRequest"].field_violations[0].field, "project")
        error = self.refused(grpc.StatusCode.INVALID_ARGUMENT, self.ingest.create_run, pb.CreateRunRequest(project="p", config_json="{"))
        self.assertEqual(self.details(error)[0]["BadRequest"].field_violations[0].field, "config_json")
        self.refused(grpc.StatusCode.INVALID_ARGUMENT, self.ingest.finish, pb.FinishRequest(run=run, state="lost"))
        self.refused(grpc.StatusCode.INVALID_ARGUMENT, self.ingest.log_stream, iter([batch(run, 1), batch("other", 2)]))

    def test_runs_that_are_not_there(self):
        self.refused(grpc.StatusCode.NOT_FOUND, self.ingest.log, batch("nowhere", 1))
        self.refused(grpc.StatusCode.NOT_FOUND, self.ingest.log_stream, iter([batch("nowhere", 1)]))
        self.refused(grpc.StatusCode.NOT_FOUND, self.ingest.finish, pb.FinishRequest(run="nowhere"))
        self.refused(grpc.StatusCode.NOT_FOUND, self.ingest.create_run, pb.CreateRunRequest(project="grpc", id="nowhere", resume=pb.RESUME_MUST))
        run = self.create()
        self.refused(grpc.StatusCode.ALREADY_EXISTS, self.ingest.create_run, pb.CreateRunRequest(project="grpc", id=run))
        with urllib.request.urlopen(urllib.request.Request(f"{URL}/api/v1/runs/{run}", method="DELETE")):
            pass
        error = self.refused(grpc.StatusCode.NOT_FOUND, self.ingest.log, batch(run, 1))
        self.assertEqual(self.details(error)[0]["ErrorInfo"].reason, "RUN_DELETED")

    def test_unknown_methods_and_services(self):
        for path in ("/tracker.v1.Ingest/Unknown", "/other.Service/Call", "/a/b/c"):
            call = self.channel.unary_unary(path, lambda m: m.SerializeToString(), empty_pb2.Empty.FromString)
            self.refused(grpc.StatusCode.UNIMPLEMENTED, call, empty_pb2.Empty())

    def test_rubbish_for_a_message(self):
        call = self.channel.unary_unary("/tracker.v1.Ingest/Log", lambda m: m, pb.LogResponse.FromString)
        for rubbish in (b"\xff" * 40, b"\x0a\x05ab", b"\x22\x02\x12\x81", b"\x07"):
            self.refused(grpc.StatusCode.INTERNAL, call, rubbish)
        call = self.channel.unary_unary("/tracker.v1.Ingest/CreateRun", lambda m: m, pb.CreateRunResponse.FromString)
        self.refused(grpc.StatusCode.INTERNAL, call, b"\xff" * 40)

    def test_messages_over_the_limit(self):
        run = self.create()
        big = pb.LogRequest(run=run, writer="w", batch=1, series=[pb.ScalarColumn(name="a", steps=range(900_000), values=[0.5] * 900_000)])
        self.assertGreater(big.ByteSize(), 8 << 20)
        self.assertEqual(self.ingest.log(big).accepted, 900_000)
        huge = pb.LogRequest(run=run, writer="w", batch=2, series=[pb.ScalarColumn(name="a", values=[0.5] * 2_200_000)])
        for call in (self.ingest.log, lambda m, **more: self.ingest.log_stream(iter([m]), **more)):
            for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
                error = self.refused(grpc.StatusCode.RESOURCE_EXHAUSTED, call, huge, compression=compression)
                self.assertIn("16777216", error.details())
        many = pb.LogRequest(run=run, writer="w", batch=2, series=[pb.ScalarColumn(name="a", steps=[0] * 1_100_000, values=[])])
        self.refused(grpc.StatusCode.INVALID_ARGUMENT, self.ingest.log, many)

    def test_deadlines(self):
        run = self.create()
        self.refused(grpc.StatusCode.DEADLINE_EXCEEDED, self.ingest.log, batch(run, 1), timeout=1e-6)
        self.assertEqual(self.ingest.log(batch(run, 1), timeout=60).accepted_through, 1)

        refused = threading.Event()

        def held():
            yield batch(run, 2)
            refused.wait(60)

        # The stream has more to send until its deadline has been answered: nothing else can end it.
        call = self.ingest.log_stream(held(), timeout=0.7)
        self.assertEqual(next(call).accepted_through, 2)
        self.refused(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: call)
        refused.set()

    def test_a_stream_that_is_cancelled_keeps_what_was_acknowledged(self):
        run = self.create()
        endless = (batch(run, n + 1) for n in range(10**9))
        call = self.ingest.log_stream(endless)
        acknowledged = 0
        for ack in call:
            acknowledged = ack.accepted_through
            if acknowledged == 40:
                call.cancel()
                break
        self.assertEqual(call.code(), grpc.StatusCode.CANCELLED)
        # What was on its way when it was cancelled may still be stored: whole batches, in order, none twice.
        for _ in range(200):
            steps = [int(p[0]) for p in points(run, NAMES[0])]
            if self.ingest.log(batch(run, 1)).accepted_through == len(steps) // 10:
                break
        else:
            self.fail("Batches of a cancelled stream are stored for ever.")
        self.assertGreaterEqual(len(steps), 400)
        self.assertEqual(steps, list(range(len(steps))))

    def test_many_streams_on_one_channel(self):
        runs = [self.create() for _ in range(8)]
        started = threading.Barrier(150)

        def stream(i):
            def batches():
                for n in range(1, 6):
                    if n == 3:
                        started.wait(60)
                    yield batch(runs[i % 8], n, names=NAMES[:5], writer=f"w{i}")
            return [ack.accepted_through for ack in self.ingest.log_stream(batches())]

        with concurrent.futures.ThreadPoolExecutor(150) as pool:
            for acks in pool.map(stream, range(150)):
                self.assertEqual(acks, [1, 2, 3, 4, 5])

    def test_keepalive_pings_on_a_silent_stream(self):
        options = [("grpc.keepalive_time_ms", 300), ("grpc.keepalive_timeout_ms", 2_000), ("grpc.keepalive_permit_without_calls", 1),
                   ("grpc.http2.max_pings_without_data", 0), ("grpc.http2.min_time_between_pings_ms", 300)]
        with grpc.insecure_channel(TARGET, options) as channel:
            run = self.create()

            def slow():
                yield batch(run, 1)
                # The silence itself is what is tested: eight pings long.
                time.sleep(2.5)
                yield batch(run, 2)

            self.assertEqual([a.accepted_through for a in Ingest(channel).log_stream(slow())], [1, 2])

    def test_metadata_of_the_caller_is_taken(self):
        run = self.create()
        metadata = [("x-rank", "3"), ("x-blob-bin", b"\x00\xff\x10"), ("authorization", "Bearer none")]
        self.assertEqual(self.ingest.log(batch(run, 1), metadata=metadata).accepted_through, 1)

    def test_health(self):
        check = self.channel.unary_unary("/grpc.health.v1.Health/Check", lambda m: m, lambda m: m)
        self.assertEqual(check(b""), b"\x08\x01")
        self.assertEqual(check(b"\x0a\x11tracker.v1.Ingest"), b"\x08\x01")
        self.refused(grpc.StatusCode.NOT_FOUND, check, b"\x0a\x01x")


if __name__ == "__main__":
    unittest.main()
