"""Probes: what they find, what they tell, and that they leave everything as it was."""

import contextlib
import copy
import io
import math
import unittest
from unittest import mock

from tests.pytorch import batch, mlp, needed, torch
from tests.server import FaultyServer, forget_current, start
from tracker import probes, schedules

NAN = float("nan")


class Recorder:
    """Stands where a run stands."""

    def __init__(self, rank=0):
        self.events, self.values, self.summary, self.rank = [], [], {}, rank

    def log_event(self, kind, name, data, step=None):
        self.events.append((name, data, step))

    def log(self, values, step=None, commit=None):
        self.values.append((dict(values), step))

    def last(self, name):
        return [data for found, data, _ in self.events if found == name][-1]

    def series(self, name):
        return [values[name] for values, _ in self.values if name in values]


def cross_entropy(output, targets):
    return torch.nn.functional.cross_entropy(output, targets)


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
        self.assertEqual(self.run_.last("overfit-one-batch"), {"start": 2.0, "end": 0.005, "steps": 4, "passed": True, "samples": 8})
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


@needed
class PyTorchTests(unittest.TestCase):
    def setUp(self):
        self.run_ = Recorder()
        self.model = mlp()
        self.batch = batch()

    @contextlib.contextmanager
    def unchanged(self, model, optimizer=None):
        before = copy.deepcopy(model.state_dict())
        state = copy.deepcopy(optimizer.state_dict()) if optimizer else None
        gradients = [parameter.grad for parameter in model.parameters()]
        modes = [module.training for module in model.modules()]
        random = torch.get_rng_state()
        yield
        for name, value in model.state_dict().items():
            self.assertTrue(torch.equal(value, before[name]), name)
        self.assertEqual([parameter.grad is None for parameter in model.parameters()], [gradient is None for gradient in gradients])
        self.assertEqual([module.training for module in model.modules()], modes)
        self.assertTrue(torch.equal(random, torch.get_rng_state()))
        if optimizer:
            self.assertEqual(str(optimizer.state_dict()), str(state))

    def test_parameters_and_buffers_are_searched(self):
        model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
        self.assertFalse(probes.find_nonfinite(model, run=self.run_))
        with torch.no_grad():
            model[0].weight[0, 0] = NAN
            model[1].running_mean[0] = math.inf
        found = probes.find_nonfinite(model, run=self.run_)
        self.assertEqual((found.tensors, found.buffers), (["0.weight"], ["1.running_mean"]))

    def test_the_first_module_and_operation_with_nan_are_found(self):
        class Log(torch.nn.Module):
            def forward(self, x):
                return torch.log(x)

        model = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.ReLU(), Log(), torch.nn.Linear(4, 2))
        with probes.hunt_nan(model, step=9, run=self.run_) as trace:
            model(self.batch[0])
        self.assertEqual((trace.module, trace.direction, trace.inputs_nonfinite, trace.operation), ("2 (Log)", "forward", False, "log"))
        told = self.run_.last("numeric-op")
        self.assertEqual((told["op"], told["module"], told["input_min"]), ("log", "2", 0.0))
        self.assertEqual(self.run_.last("nan-first-module"), {"module": "2 (Log)", "pass": "forward", "inputs_nonfinite": False})
        self.assertFalse(any(module._forward_hooks for module in model.modules()))

    def test_nan_that_was_in_the_batch_is_known_as_such(self):
        inputs = self.batch[0].clone()
        inputs[0, 0] = NAN
        with probes.hunt_nan(self.model, run=self.run_) as trace:
            self.model(inputs)
        self.assertEqual((trace.module, trace.inputs_nonfinite, trace.operation), ("0 (Linear)", True, None))

    def test_a_backward_pass_with_nan_is_found(self):
        class Root(torch.nn.Module):
            def forward(self, x):
                return torch.sqrt(x * x)  # The slope of a root is infinite at 0.

        model = torch.nn.Sequential(torch.nn.Linear(8, 4), Root())
        torch.nn.init.zeros_(model[0].weight)
        torch.nn.init.zeros_(model[0].bias)
        with probes.hunt_nan(model, run=self.run_) as trace:
            model(self.batch[0]).sum().backward()
        self.assertEqual((trace.direction, trace.module), ("backward", "1 (Root)"))

    def test_anomaly_mode_names_the_operation(self):
        value = torch.zeros(1, requires_grad=True)
        with self.assertRaises(RuntimeError), probes.anomaly_mode(run=self.run_), mock.patch("sys.stderr", io.StringIO()):
            (torch.sqrt(value) * 0.0).sum().backward()
        self.assertEqual(self.run_.last("numeric-op")["op"], "sqrt")

    def test_one_batch_is_learnt_and_forgotten(self):
        with self.unchanged(self.model):
            found = probes.overfit_one_batch(self.model, cross_entropy, self.batch, steps=400, lr=0.02, run=self.run_)
        self.assertTrue(found.passed, found.losses[-1])
        self.assertEqual(self.run_.last("overfit-one-batch")["samples"], 32)
        detached = probes.overfit_one_batch(self.model, lambda output, targets: cross_entropy(output * 0.0, targets), self.batch, steps=100, run=self.run_)
        self.assertFalse(detached)

    def test_the_first_step_lowers_the_loss_and_is_taken_back(self):
        optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-2)
        with self.unchanged(self.model, optimizer):
            self.assertTrue(probes.first_step(self.model, optimizer, cross_entropy, self.batch, run=self.run_))
        uphill = torch.optim.SGD(self.model.parameters(), lr=0.1, maximize=True)
        self.assertFalse(probes.first_step(self.model, uphill, cross_entropy, self.batch, run=self.run_))

    def test_the_sweep_puts_model_and_optimizer_back(self):
        for optimizer in (torch.optim.Adam(self.model.parameters(), lr=3e-4), torch.optim.SGD(self.model.parameters(), lr=0.1, momentum=0.9)):
            for _ in range(2):  # Fresh, and with a state.
                with self.unchanged(self.model, optimizer):
                    curve = probes.lr_finder(self.model, optimizer, cross_entropy, [self.batch], steps=60, run=self.run_)
                self.assertIsNotNone(curve.suggestion)
                cross_entropy(self.model(self.batch[0]), self.batch[1]).backward()
                optimizer.step()
        self.assertEqual(len(self.run_.last("lr-finder")["classes"]), 4)

    def test_gradients_that_do_not_reach_a_parameter_are_named(self):
        model = torch.nn.ModuleDict({"used": torch.nn.Linear(8, 4), "unused": torch.nn.Linear(2, 2)})
        cross_entropy(model["used"](self.batch[0]), self.batch[1]).backward()
        self.assertFalse(probes.grads_reach(model, run=self.run_))
        self.assertEqual(self.run_.last("grads-reach-all-params")["none"], ["unused.weight", "unused.bias"])

    def test_modes_are_enforced_restored_and_told(self):
        self.model.eval()
        self.assertFalse(probes.check_mode(self.model, "train", run=self.run_))
        self.assertEqual(self.run_.last("mode"), {"during": "train", "training": False, "modules": 4, "grad_enabled": True})
        with probes.train_mode(self.model, run=self.run_):
            self.assertTrue(self.model.training)
        self.assertFalse(self.model.training)
        self.assertEqual(len(self.run_.events), 1)
        with probes.eval_mode(self.model, run=self.run_):
            self.assertFalse(torch.is_grad_enabled())
            self.model.train()
        self.assertEqual(self.run_.last("mode"), {"during": "eval", "training": True, "modules": 4, "grad_enabled": False})
        self.assertTrue(torch.is_grad_enabled())

    def test_one_module_in_the_wrong_mode_is_found(self):
        self.model.train()
        self.model[1].eval()
        self.assertFalse(probes.check_mode(self.model, "train", run=self.run_))
        self.assertEqual((self.run_.last("mode")["training"], self.run_.last("mode")["modules"]), (False, 1))

    def test_sharpness_leaves_the_parameters(self):
        with self.unchanged(self.model):
            found = probes.sharpness(lambda: cross_entropy(self.model(self.batch[0]), self.batch[1]), self.model.parameters(), samples=5, run=self.run_)
        again = probes.sharpness(lambda: cross_entropy(self.model(self.batch[0]), self.batch[1]), self.model.parameters(), samples=5, run=self.run_)
        self.assertEqual(found, again)
        self.assertNotEqual(found.perturbed, found.base)

    def test_the_top_eigenvalue_is_that_of_the_matrix(self):
        matrix = torch.diag(torch.tensor([5.0, -2.0, 1.0]))
        point = torch.nn.Parameter(torch.ones(3))
        value = probes.hessian_top_eigenvalue(lambda: 0.5 * point @ matrix @ point, [point], iterations=50, lr=0.5, run=self.run_)
        self.assertAlmostEqual(value, 5.0, places=2)
        self.assertIsNone(point.grad)
        self.assertEqual(self.run_.last("hessian-top-eig")["lr"], 0.5)

    def test_fisher_and_noise_scale_are_those_of_single_samples(self):
        with self.unchanged(self.model):
            found = probes.gradient_statistics(self.model, cross_entropy, [self.batch], samples=16, run=self.run_)
        squares = 0.0
        for index in range(16):
            gradients = torch.autograd.grad(cross_entropy(self.model(self.batch[0][index:index + 1]), self.batch[1][index:index + 1]), list(self.model.parameters()))
            squares += sum(float((gradient ** 2).sum()) for gradient in gradients)
        self.assertAlmostEqual(found.trace, squares / 16, places=4)
        self.assertAlmostEqual(float(sum(value.sum() for value in found.fisher.values())), found.trace, places=4)
        self.assertEqual(self.run_.last("fisher")["samples"], 16)

    def test_clipping_is_that_of_pytorch(self):
        cross_entropy(self.model(self.batch[0]) * 100, self.batch[1]).backward()
        twin = copy.deepcopy(self.model)
        for parameter, other in zip(self.model.parameters(), twin.parameters()):
            other.grad = parameter.grad.clone()
        expected = torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.5)
        self.assertAlmostEqual(probes.clip_grad_norm(self.model, 0.5, run=self.run_), float(expected), places=4)
        for parameter, other in zip(self.model.parameters(), twin.parameters()):
            self.assertTrue(torch.allclose(parameter.grad, other.grad, rtol=1e-4))
        self.assertGreater(probes.clip_grad_value(self.model.parameters(), 1e-4, run=self.run_), 0.0)

    def test_the_monitor_clips_and_searches_after_three_nan(self):
        monitor = probes.TrainingMonitor(self.model, clip_norm=0.1, every=1, run=self.run_)
        optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            for step in range(3):
                optimizer.zero_grad()
                loss = cross_entropy(self.model(self.batch[0]), self.batch[1])
                loss.backward()
                self.assertTrue(monitor.step(step, loss, optimizer))
                optimizer.step()
            with torch.no_grad():
                self.model[0].weight[0, 0] = NAN
            for step in range(3, 7):
                self.assertFalse(monitor.step(step, self.model(self.batch[0]).sum(), optimizer))
        self.assertIn("[CLIPPED]", said.getvalue())
        self.assertEqual([event[0] for event in self.run_.events], ["nonfinite-params"])
        self.assertEqual(self.run_.last("nonfinite-params")["tensors"], ["0.weight"])
        self.assertEqual(self.run_.series("lr"), [0.1] * 7)

    def test_a_sound_setup_passes_the_checklist(self):
        inputs, targets = batch(64)
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), batch_size=16, shuffle=True)
        val = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs + 1.0, targets), batch_size=16)
        optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-2)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
        self.model.train()
        with FaultyServer() as server:
            with start(server) as run, self.unchanged(self.model, optimizer):
                run.log({"lr": 0.01})
                card = probes.checklist(
                    self.model, cross_entropy, (inputs[:16], targets[:16]), optimizer, scheduler, loader, val, expected_shape=(-1, 4),
                    checkpoint={"model": 1, "optimizer": 2, "lr_scheduler": scheduler.state_dict()}, overfit_steps=400, show=False)
            self.assertEqual([point.passed for point in card.points], [True] * 10, str(card))
            names = {event["name"] for event in server.events(run.id, "probe")}
        self.assertTrue({"checklist", "output-shape", "first-step", "overfit-one-batch", "batch-check", "splits", "augmentation", "mode", "checkpoint"} <= names)
        forget_current()

    def test_a_sick_setup_fails_where_it_is_sick(self):
        torch.manual_seed(3)
        noisy = [(self.batch[0], self.batch[1])]

        class Augmented:
            def __iter__(self):
                yield self_batch[0] + torch.randn(32, 8), self_batch[1]

        self_batch = self.batch
        self.model.eval()
        optimizer = torch.optim.SGD(self.model.parameters(), lr=0.0)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
        run = Recorder()
        run._known, run._watches, run._last = {"train/loss"}, [], 5
        card = probes.checklist(
            self.model, lambda output, targets: cross_entropy(output * 0.0, targets), (self.batch[0] * 50 + 100, self.batch[1]), optimizer, scheduler, noisy,
            Augmented(), expected_shape=(-1, 10), checkpoint={"model": 1}, overfit_steps=20, show=False, run=run)
        self.assertEqual([point.passed for point in card.points], [False, False, False, True, False, True, False, False, False, False], str(card))
        self.assertFalse(card)
