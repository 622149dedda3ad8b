import importlib.util
import io
import math
import os
import unittest
from pathlib import Path
from unittest import mock

from tests.server import FaultyServer

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "examples" / "python" / "train.py"
DATA = ROOT / "examples" / "FailureModes" / "data" / "digits.csv.gz"


@unittest.skipUnless(SCRIPT.exists() and DATA.exists(), "the examples are not beside this package")
class ExampleTests(unittest.TestCase):
    def train(self, *arguments):
        spec = importlib.util.spec_from_file_location("train", SCRIPT)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        with FaultyServer() as server, mock.patch.dict(os.environ, {"TRACKER_URL": server.url, "TRACKER_MODE": "online"}), \
                mock.patch("sys.argv", ["train.py", *arguments]), mock.patch("sys.stdout", io.StringIO()):
            script.main()
        (id,) = server.runs
        return server, id

    def test_a_short_healthy_run_learns_and_logs(self):
        server, id = self.train("--steps", "60")
        losses = [value for _, value in server.points(id, "train/loss")]
        self.assertEqual(len(losses), 60)
        self.assertLess(sum(losses[-10:]) / 10, losses[0] / 2)
        for name in ("val/loss", "val/accuracy", "train/accuracy", "lr", "grad_norm/total", "grad_norm/fc1"):
            self.assertTrue(server.points(id, name), name)
        self.assertEqual(server.run(id)["state"], "finished")

    def test_the_nan_fault_ends_in_nan(self):
        server, id = self.train("--steps", "20", "--fault", "nan")
        losses = [value for _, value in server.points(id, "train/loss")]
        self.assertTrue(math.isfinite(losses[0]) and math.isnan(losses[-1]))
