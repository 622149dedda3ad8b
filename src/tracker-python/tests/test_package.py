import ast
import os
import subprocess
import sys
import types
import unittest
from pathlib import Path
from unittest import mock

import tracker
from tests.server import forget_current


class PackageTests(unittest.TestCase):
    def tearDown(self):
        forget_current()

    def test_all_is_sorted_and_complete(self):
        self.assertEqual(tracker.__all__, sorted(tracker.__all__))
        public = {name for name, value in vars(tracker).items() if not name.startswith("_") and not isinstance(value, types.ModuleType)} - {"annotations", "TYPE_CHECKING", "Any", "Optional"}
        self.assertEqual(public | {"run", "__version__"}, set(tracker.__all__))

    def test_every_module_is_python_3_9_and_short(self):
        for path in sorted(Path(tracker.__file__).parent.rglob("*.py")):
            with self.subTest(module=path.name):
                text = path.read_text(encoding="utf-8")
                ast.parse(text, feature_version=(3, 9))
                self.assertLessEqual(text.count("\n"), 400)

    def test_only_the_standard_library_is_needed(self):
        code = "import sys, tracker, tracker.probes, tracker.schedules; sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
        self.assertEqual(subprocess.run([sys.executable, "-c", code], cwd=Path(tracker.__file__).parents[1]).returncode, 0)

    def test_every_name_of_all_is_there(self):
        for name in tracker.__all__:
            getattr(tracker, name)

    def test_a_name_that_is_not_there_says_what_is(self):
        with self.assertRaisesRegex(AttributeError, "tracker.Image is not there: this package has AlertLevel"):
            tracker.Image

    def test_every_error_is_a_tracker_error(self):
        for name in tracker.__all__:
            if name.endswith("Error"):
                self.assertTrue(issubclass(getattr(tracker, name), tracker.TrackerError))

    def test_a_run_has_at_most_a_dozen_public_methods(self):
        methods = [name for name, value in vars(tracker.Run).items() if not name.startswith("_") and callable(value)]
        self.assertLessEqual(len(methods), 12)

    def test_calls_before_init_say_so_and_do_not_raise(self):
        with mock.patch.object(tracker._session, "_once", tracker._messages.Once()):
            with self.assertLogs("tracker", "WARNING") as logs:
                tracker.log({"a": 1.0})
                tracker.log({"a": 1.0})
        tracker.finish()
        self.assertEqual(len(logs.output), 1)
        self.assertIsNone(tracker.run)
        with self.assertRaises(tracker.NotStartedError):
            tracker.config.lr

    def test_wrong_arguments_are_said_at_once(self):
        for arguments in [{"id": "a b"}, {"id": ""}, {"id": "a" * 65}, {"resume": "perhaps"}, {"resume": "must"}, {"mode": "fast"}, {"url": "ftp://x"}, {"url": "http://x:99999999"}]:
            with self.assertRaises(tracker.UsageError, msg=str(arguments)):
                tracker.init(**{"mode": "disabled", **arguments})

    def test_disabled_runs_count_steps_and_keep_the_summary(self):
        with mock.patch.dict(os.environ, {"TRACKER_MODE": "disabled"}):
            run = tracker.init(project="p", config={"lr": 0.1})
        for _ in range(3):
            tracker.log({"loss": 0.5})
        tracker.config.lr = 0.2
        tracker.config.update({"depth": 3}, allow_val_change=True)
        self.assertEqual((run.step, run.summary["loss"], run.config.lr, tracker.config["depth"]), (3, 0.5, 0.2, 3))
        self.assertFalse(run.should_stop)
        self.assertIs(tracker.run, run)
        run.finish()
