"""Probes without a library: what they find and what they tell."""

import contextlib
import io
import math
import unittest

from tests.pytorch import needed, torch
from tests.recorder import NAN, Recorder
from tests.server import forget_current
from tracker import probes, schedules


class PlainTests(unittest.TestCase):
    """Without any library."""

    def setUp(self):
        self.run_ = Recorder()

    def test_parameters_that_are_not_finite_are_named(self):
        found = probes.find_nonfinite({"a": [1.0, 2.0], "b": [[NAN], [1.0]], "c": [math.inf]}, step=3, run=self.run_)
        self.assertEqual((found.tensors, found.checked, bool(found)), (["b", "c"], 3, True))
        self.assertEqual(self.run_.events, [("nonfinite-params", {"tensors": ["b", "c"], "buffers": [], "checked": 3, "count": 2}, 3)])

    def test_a_batch_is_checked_and_its_scale_told(self):
        self.assertTrue(probes.check_batch([[1.0, -1.0]], [0], run=self.run_))
        self.assertEqual(self.run_.last("input-stats"), {"mean": 0.0, "std": 1.0})
        self.assertFalse(probes.check_batch([[NAN, math.inf, 500.0]], [NAN], batch="b7", run=self.run_))
        self.assertEqual(self.run_.last("batch-check"), {"nan_inputs": 1, "inf_inputs": 1, "max_abs_input": 500.0, "nan_targets": 1, "inf_targets": 0, "batch": "b7"})
        count = len(self.run_.events)
        probes.check_batch([1.0], run=self.run_, quiet=True)
        self.assertEqual(len(self.run_.events), count)

    def test_steps_that_would_do_harm_are_skipped_and_their_batches_remembered(self):
        guard = probes.StepGuard(max_grad_norm=10.0, patience=3, run=self.run_)
        self.assertTrue(guard.allows(1.0, 5.0, batch=["a"]))
        self.assertFalse(guard.allows(NAN, 5.0, batch=["b", "c"]))
        self.assertFalse(guard.allows(1.0, 50.0, batch="d"))
        self.assertTrue(guard.allows(1.0, 1.0))
        self.assertEqual((guard.blacklist, guard.is_blacklisted("c"), guard.skipped), (["b", "c", "d"], True, 2))
        with self.assertRaisesRegex(FloatingPointError, "3 steps in a row"):
            for _ in range(3):
                guard.allows(math.inf)

    def test_one_batch_by_heart_with_a_function(self):
        losses = iter([2.0, 1.0, 0.5, 0.005, 9.0])
        self.assertTrue(probes.overfit_one_batch(step_fn=lambda: next(losses), samples=8, run=self.run_))
        self.assertEqual(self.run_.last("overfit-one-batch"), {"start": 2.0, "end": 0.005, "steps": 4, "passed": True, "losses": [2.0, 1.0, 0.5, 0.005], "samples": 8})
        self.assertFalse(probes.overfit_one_batch(step_fn=lambda: 2.3, steps=100, run=self.run_))

    def test_the_first_step_with_functions(self):
        point = [3.0]

        def descend():
            point[0] -= 0.2 * point[0]

        self.assertTrue(probes.first_step(loss=lambda: point[0] ** 2, step_fn=descend, run=self.run_))
        self.assertEqual(self.run_.last("first-step")["before"], 9.0)

    def test_a_sweep_of_rates_finds_the_fall_and_the_end(self):
        point = [1.0]

        def train(rate):  # A parabola: stable below a rate of 1.
            loss = point[0] ** 2
            point[0] -= rate * 2 * point[0]
            return loss

        curve = probes.lr_finder(step_fn=train, start=1e-4, end=100.0, run=self.run_)
        self.assertTrue(0.005 < curve.suggestion < 1.0, curve.suggestion)
        self.assertGreater(curve.diverged_at, 1.0)
        self.assertEqual(len(self.run_.last("lr-finder")["rates"]), len(curve.losses))

    def test_the_loss_at_the_start_is_that_of_guessing(self):
        self.assertTrue(probes.loss_at_start(6.9, 1000, run=self.run_))
        self.assertFalse(probes.loss_at_start(25.0, 10, run=self.run_))

    def test_gradients_that_do_not_arrive_are_named(self):
        self.assertFalse(probes.grads_reach({"a": [0.1], "b": None, "c": [0.0, 0.0]}, run=self.run_))
        self.assertEqual(self.run_.last("grads-reach-all-params"), {"checked": 3, "none": ["b"], "zero": ["c"]})

    def test_shapes_are_compared(self):
        self.assertTrue(probes.output_shape((32, 10), (-1, 10), run=self.run_))
        self.assertFalse(probes.output_shape((32, 1, 10), (-1, 10), run=self.run_))

    def test_the_table_of_gradients(self):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            table = probes.gradient_table({"a": None, "b": [1e-9], "c": [100.0], "d": [3.0, 4.0], "e": [NAN]}, run=self.run_)
        self.assertEqual([row.status for row in table], ["NO GRAD", "VANISHING", "EXPLODING", "OK", "EXPLODING"])
        self.assertEqual(self.run_.series("grad_norm/d"), [5.0])
        self.assertIn("VANISHING", said.getvalue())

    def test_clipping_by_norm_tells_the_norm_before(self):
        gradients = [[3.0], [4.0]]
        self.assertEqual(probes.clip_grad_norm(gradients, 1.0, run=self.run_), 5.0)
        self.assertAlmostEqual(math.hypot(gradients[0][0], gradients[1][0]), 1.0, places=5)
        probes.clip_grad_norm([[0.3]], 1.0, run=self.run_)
        self.assertEqual((self.run_.series("clip/active"), self.run_.series("clip/share")), ([1.0, 0.0], [1.0, 0.5]))
        self.assertEqual(self.run_.series("grad_norm/total"), [5.0, 0.3])

    def test_clipping_by_value_tells_the_share(self):
        gradients = [[3.0, -0.5, -4.0, 0.1]]
        self.assertEqual(probes.clip_grad_value(gradients, 1.0, run=self.run_), 0.5)
        self.assertEqual(gradients, [[1.0, -0.5, -1.0, 0.1]])

    def test_a_norm_that_is_not_finite_scales_nothing(self):
        gradients = [[NAN, 1.0]]
        self.assertTrue(math.isnan(probes.clip_grad_norm(gradients, 1.0, run=self.run_)))
        self.assertEqual((gradients[0][1], self.run_.series("clip/active")), (1.0, [1.0]))

    def test_predictions_are_judged_by_class_and_calibration(self):
        shares = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6]]
        found = probes.classification(shares, [0, 0, 1, 1], logits=False, bins=10, run=self.run_, step=5)
        self.assertEqual((found.accuracy, found.by_class), (0.75, [1.0, 0.5]))
        self.assertAlmostEqual(found.ece, (0.1 + 0.2 + 0.7 + 0.4) / 4)
        self.assertEqual((self.run_.series("val/acc_class_1"), self.run_.series("val/ece")), ([0.5], [found.ece]))
        self.assertEqual(sum(place[2] for place in self.run_.last("calibration")["bins"]), 4)
        sure = probes.classification([[900.0, 0.0]], [0], run=self.run_)
        self.assertEqual((sure.accuracy, sure.ece), (1.0, 0.0))

    def test_sharpness_of_lists(self):
        point = [1.0, 1.0]
        flat = probes.sharpness(lambda: 1.0, [point], run=self.run_)
        sharp = probes.sharpness(lambda: 1e-3 + sum((x - 1.0) ** 2 for x in point), [point], run=self.run_)
        self.assertEqual((flat.ratio, point), (0.0, [1.0, 1.0]))
        self.assertGreater(sharp.ratio, 0.1)

    def test_the_noise_scale_is_that_of_the_formula(self):
        # |G|² = 4, tr(Σ) = 100: squared norms of batches of B are 4 + 100/B.
        self.assertAlmostEqual(probes.noise_scale(1, 104.0, 50, 6.0), 25.0)

    def test_the_watchdog_barks_after_its_patience(self):
        stop = probes.EarlyStop(patience=2, run=self.run_)
        self.assertEqual([stop.step(loss, step) for step, loss in enumerate([1.0, 0.9, 0.9, NAN, 0.95])], [False, False, False, False, True])
        self.assertEqual((stop.best, stop.best_step, self.run_.last("early-stop")["waited"]), (0.9, 1, 3))
        self.assertFalse(probes.EarlyStop(mode="max").step(0.5))

    def test_health_is_logged_under_its_names(self):
        probes.log_health(7, 0.5, 1.2, 0.1, [0.9, 0.8], run=self.run_)
        self.assertEqual(self.run_.values, [({"train/loss": 0.5, "grad_norm/total": 1.2, "lr": 0.1, "val/acc_class_0": 0.9, "val/acc_class_1": 0.8}, 7)])

    def test_the_monitor_counts_and_prints_without_a_model(self):
        monitor = probes.TrainingMonitor(clip_norm=1.0, every=10, run=self.run_)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            for step in range(40):
                self.assertTrue(monitor.step(step, 2.0 - 0.01 * step, lr=0.1, grad_norm=2.0 if step % 4 else 0.5))
            self.assertFalse(monitor.step(40, NAN))
            self.assertFalse(monitor.step(41, 1.0, grad_norm=math.inf))
        summary = monitor.summary()
        self.assertEqual((summary["clip_frequency"], summary["nan_events"], summary["min_loss"], summary["final_loss"]), (0.75, 1.0, 1.0, 1.0))
        self.assertEqual(self.run_.summary["mean_grad_norm"], summary["mean_grad_norm"])
        self.assertIn("trend(200) -0.3000", said.getvalue())
        self.assertEqual(len(self.run_.values), 42)

    def test_the_checklist_never_passes_what_it_did_not_check(self):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            card = probes.checklist(run=self.run_)
        self.assertEqual({point.passed for point in card.points[:9]}, {None})
        self.assertEqual((len(card.points), said.getvalue().count("unknown")), (10, 11))

    def test_splits_are_compared_by_the_hashes_of_their_samples(self):
        train, val = [([[1.0], [2.0]], [0, 1])], [([[2.0], [3.0]], [1, 0])]
        card = probes.checklist(train=train, val=val, show=False, run=self.run_)
        self.assertEqual(self.run_.last("splits"), {"train": 2, "val": 2, "test": 0, "overlap": 1, "test_overlap": 0})
        self.assertEqual((card.points[5].passed, card.points[6].passed), (False, True))

    def test_hashes_of_ranks_agree_for_the_same_numbers(self):
        one = probes.rank_hash(batch=[[1.0, 2.0]], model=[[0.5]], run=Recorder(0))
        other = probes.rank_hash(batch=[[1.0, 2.0]], model=[[0.25]], run=Recorder(1))
        self.assertEqual((one["data"], one["rank"], other["rank"]), (other["data"], 0, 1))
        self.assertNotEqual(one["params"], other["params"])

    def test_without_a_run_results_are_given_all_the_same(self):
        forget_current()
        self.assertTrue(probes.output_shape((1,), (1,)))
        self.assertEqual(probes.clip_grad_norm([[3.0], [4.0]], 1.0), 5.0)


class ScheduleTests(unittest.TestCase):
    def test_shapes(self):
        plan = schedules.warmup(1.0, 10, then=schedules.cosine(1.0, 90, floor=0.1))
        self.assertEqual((plan(0), plan(9), plan(10)), (0.1, 1.0, 1.0))
        self.assertAlmostEqual(plan(100), 0.1)
        self.assertAlmostEqual(plan(1000), 0.1)
        wave = schedules.cyclical(0.1, 1.1, 5, decay=0.5)
        self.assertAlmostEqual((wave(0), wave(5), wave(10), wave(15))[1], 1.1)
        self.assertAlmostEqual(wave(15), 0.6)
        self.assertAlmostEqual(schedules.step_decay(1.0, 10)(25), 0.01)

    @needed
    def test_one_cycle_is_that_of_pytorch(self):
        parameter = torch.nn.Parameter(torch.zeros(1))
        for steps in (10, 50, 333):
            optimizer = torch.optim.SGD([parameter], lr=1.0, momentum=0.9)
            scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2.0, total_steps=steps)
            rate, momentum = schedules.one_cycle(2.0, steps), schedules.one_cycle_momentum(0.95, 0.85, steps)
            for step in range(steps):
                group = optimizer.param_groups[0]
                self.assertAlmostEqual(group["lr"], rate(step), places=9)
                self.assertAlmostEqual(group["momentum"], momentum(step), places=9)
                optimizer.step()
                if step < steps - 1:
                    scheduler.step()

    def test_a_rate_that_leaves_its_plan_is_found(self):
        plan = schedules.cosine(1.0, 100)
        rates = [plan(step) for step in range(100)]
        self.assertIsNone(schedules.deviation(range(100), rates, plan))
        rates[40:] = [rate * 0.1 for rate in rates[40:]]
        self.assertEqual(schedules.deviation(range(100), rates, plan)[0], 40)
