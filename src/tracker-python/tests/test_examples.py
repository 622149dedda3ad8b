"""The examples, healthy and sick, against the real server that TRACKER_TEST_URL names: the analyzer says which is which, and why."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.request
import uuid
from pathlib import Path

from tests import pytorch
from tests.server import wait_for

ROOT = Path(__file__).resolve().parents[3]
URL = os.environ.get("TRACKER_TEST_URL", "").rstrip("/")

# What the sick one must be told.
SICK = {
    "numpy_alone": {"nan-after-n", "params-nonfinite"},
    "huggingface_shaped": {"clip-over-80"},
    "ranks": {"ddp-divergence"},
    "digits_mlp": {"overfit-one-batch", "dead-relu"},
    "transformer": {"attention-collapse"},
}


def get(path):
    with urllib.request.urlopen(f"{URL}/api/v1{path}", timeout=30) as response:
        return json.load(response)


@unittest.skipUnless(URL and (ROOT / "examples" / "python").exists(), "TRACKER_TEST_URL names no server, or the examples are not there")
class ExampleTests(unittest.TestCase):
    def diagnoses(self, run):
        return get(f"/runs/{run}/diagnoses")["items"]

    def signals(self, run):
        return {signal["id"] for diagnosis in self.diagnoses(run) for signal in diagnosis["signals"]}

    def train(self, name):
        """Both at once; gives the ids of the healthy and of the sick run."""
        with tempfile.TemporaryDirectory() as folder:
            # Quiet numbers: several processes share few processors here.
            shared = {**os.environ, "TRACKER_URL": URL, "TRACKER_MODE": "online", "TRACKER_SPOOL": folder, "OMP_NUM_THREADS": "1",
                      "PYTHONPATH": str(ROOT / "src" / "tracker-python")}
            ids = [f"{name}-{kind}-{uuid.uuid4().hex[:8]}" for kind in ("healthy", "sick")]
            processes = [
                subprocess.Popen([sys.executable, str(ROOT / "examples" / "python" / f"{name}.py"), *options], env={**shared, "TRACKER_RUN_ID": id},
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                for id, options in zip(ids, ([], ["--sick"]))]
            for process in processes:
                output, _ = process.communicate(timeout=240)
                self.assertEqual(process.returncode, 0, output)
        return ids

    def assert_told_apart(self, name):
        healthy, sick = self.train(name)
        try:
            wait_for(lambda: SICK[name] <= self.signals(sick), 60)
        except AssertionError:
            self.fail(f"the sick run was told {sorted(self.signals(sick))}, not {sorted(SICK[name])}")
        loud = [diagnosis["title"] for diagnosis in self.diagnoses(healthy) if diagnosis["severity"] in ("high", "crit")]
        self.assertEqual(loud, [], "the healthy run is not accused")
        self.assertEqual(get(f"/runs/{healthy}")["state"], "finished")

    def test_numpy(self):
        try:
            import numpy  # noqa: F401
        except ImportError:
            self.skipTest("NumPy is not installed here")
        self.assert_told_apart("numpy_alone")

    @pytorch.needed
    def test_the_loop_of_hugging_face(self):
        self.assert_told_apart("huggingface_shaped")

    @pytorch.needed
    def test_two_ranks(self):
        self.assert_told_apart("ranks")

    @pytorch.needed
    def test_the_perceptron(self):
        self.assert_told_apart("digits_mlp")

    @pytorch.needed
    def test_the_transformer(self):
        self.assert_told_apart("transformer")
