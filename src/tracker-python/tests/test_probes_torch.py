"""Probes of PyTorch models: what they find, what they tell, and that they leave everything as it was."""

import contextlib
import copy
import io
import math
import unittest
from unittest import mock

from tests.pytorch import batch, mlp, needed, torch
from tests.recorder import NAN, Recorder, cross_entropy
from tests.server import FaultyServer, forget_current, start
from tracker import probes


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
