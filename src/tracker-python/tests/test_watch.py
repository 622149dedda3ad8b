"""`run.watch` on real PyTorch models."""

import copy
import io
import pickle
import unittest

import tracker
from tests.pytorch import batch, mlp, needed, torch
from tests.server import FaultyServer, forget_current, start


@needed
class WatchTests(unittest.TestCase):
    def setUp(self):
        self.server = FaultyServer()
        self.addCleanup(self.server.close)
        self.addCleanup(forget_current)

    def train(self, model, steps=4, lr=0.1, watch=None, log=None, optimizer=None, **options):
        optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=lr)
        inputs, targets = batch()
        with start(self.server) as run:
            run.watch(model, *(watch if watch is not None else (optimizer,)), every=1, **options)
            for step in range(steps):
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(model(inputs), targets)
                loss.backward()
                optimizer.step()
                (log or (lambda run, step, loss: run.log({"train/loss": loss}, step=step)))(run, step, loss.item())
            model.eval()
            with torch.no_grad():
                model(inputs)
        return run

    def series(self, run):
        return {series["name"] for batch in self.server.batches(run.id) for series in batch.get("series", [])}

    def test_norms_rates_and_activations_are_logged_at_the_step_of_the_script(self):
        run = self.train(mlp())
        for name in ("grad_norm/0", "grad_norm/2", "grad_norm/total", "param_norm/0", "param_norm/total", "update_ratio/0", "act_mean/0", "act_std/2",
                     "dead_fraction/0", "lr", "lr/group_0", "logit_max"):
            self.assertEqual([step for step, _ in self.server.points(run.id, name)], [0, 1, 2, 3], name)

    def test_what_is_logged_before_the_optimizer_steps_is_of_the_same_step(self):
        model, (inputs, targets) = mlp(), batch()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with start(self.server) as run:
            run.watch(model, optimizer, every=1)
            for step in range(5):
                loss = torch.nn.functional.cross_entropy(model(inputs), targets)
                loss.backward()
                run.log({"train/loss": loss.item()}, step=step)
                optimizer.step()
                if step % 2:
                    run.log({"val/loss": 1.0}, step=step)
        self.assertEqual([step for step, _ in self.server.points(run.id, "grad_norm/0")], [0, 1, 2, 3, 4])

    def test_the_numbers_are_those_of_pytorch(self):
        model = mlp()
        twin, (inputs, targets) = copy.deepcopy(model), batch()
        run = self.train(model, steps=1, lr=0.5)
        loss = torch.nn.functional.cross_entropy(twin(inputs), targets)
        loss.backward()
        gradients = {name: parameter.grad for name, parameter in twin.named_parameters()}

        def of(*tensors):
            return float(sum((tensor.double() ** 2).sum() for tensor in tensors) ** 0.5)

        first = (gradients["0.weight"], gradients["0.bias"])
        hidden = twin[1](twin[0](inputs))
        expected = {
            "grad_norm/0": of(*first), "grad_norm/total": of(*gradients.values()), "param_norm/0": of(twin[0].weight.data, twin[0].bias.data),
            "update_ratio/0": 0.5 * of(*first) / of(twin[0].weight.data, twin[0].bias.data), "act_mean/0": hidden.mean().item(), "act_std/0": hidden.std().item(),
            "dead_fraction/0": (hidden.amax(0) <= 0).float().mean().item(), "logit_max": twin(inputs).abs().max().item(),
        }
        for name, value in expected.items():
            self.assertAlmostEqual(self.server.points(run.id, name)[0][1], value, places=5, msg=name)

    def test_histograms_of_weights_gradients_and_activations_are_binned_on_the_device(self):
        run = self.train(mlp(), steps=1)
        points = {point["name"]: point for batch in self.server.batches(run.id) for point in batch.get("histograms", [])}
        self.assertEqual(set(points), {f"{kind}/{layer}" for kind in ("weights", "grads", "activations") for layer in "02"})
        self.assertEqual((sum(points["weights/0"]["counts"]), len(points["weights/0"]["counts"])), (8 * 16, 64))

    def test_gradients_are_measured_before_clipping(self):
        model = mlp()
        inputs, targets = batch()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with start(self.server) as run:
            run.watch(model, optimizer, every=1)
            torch.nn.functional.cross_entropy(model(inputs), targets).backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1e-3).item()
            optimizer.step()
            run.log({"train/loss": 1.0})
        self.assertAlmostEqual(self.server.points(run.id, "grad_norm/total")[0][1], norm, places=5)

    def test_functions_are_seen_as_modules_are(self):
        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.fc1, self.fc2 = torch.nn.Linear(8, 16), torch.nn.Linear(16, 4)

            def forward(self, x):
                hidden = torch.nn.functional.relu(self.fc1(x) - 100.0)  # All of it dead.
                return torch.tanh(self.fc2(hidden) * 1e4)

        run = self.train(Model())
        self.assertEqual(self.server.points(run.id, "dead_fraction/fc1")[0][1], 1.0)
        self.assertGreater(self.server.points(run.id, "saturated_fraction/fc2")[0][1], 0.9)

    def test_attention_is_measured_in_modules_and_by_hand(self):
        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = torch.nn.Linear(8, 16)
                self.attn = torch.nn.MultiheadAttention(16, 2, batch_first=True)
                self.own = Own()
                self.head = torch.nn.Linear(16, 4)

            def forward(self, x):
                x = self.embed(x).reshape(8, 4, 16)
                x, _ = self.attn(x, x, x)
                return self.head(self.own(x)).reshape(32, 4)

        class Own(torch.nn.Module):
            def forward(self, x):
                return (x @ x.transpose(1, 2) * 0.0).softmax(-1) @ x

        torch.manual_seed(0)
        run = self.train(Model())
        self.assertAlmostEqual(self.server.points(run.id, "attention_entropy/own")[0][1], torch.log(torch.tensor(4.0)).item(), places=5)
        self.assertTrue(0.5 < self.server.points(run.id, "attention_entropy/attn")[0][1] < 1.3863)

    def test_without_an_optimizer_gradients_and_parameters_are_there(self):
        run = self.train(mlp(), watch=())
        self.assertEqual([step for step, _ in self.server.points(run.id, "grad_norm/0")], [0, 1, 2, 3])
        self.assertNotIn("update_ratio/0", self.series(run))

    def test_what_the_script_logs_itself_is_not_logged_twice(self):
        run = self.train(mlp(), log=lambda run, step, loss: run.log({"train/loss": loss, "lr": 0.1, "grad_norm/total": 5.0}, step=step))
        self.assertEqual({value for _, value in self.server.points(run.id, "grad_norm/total")}, {5.0})

    def test_steps_of_a_script_that_counts_otherwise_are_followed(self):
        def log(run, step, loss):
            if step % 2 == 1:
                run.log({"train/loss": loss}, step=10 * (step + 1))  # Every second step, in samples.

        run = self.train(mlp(), steps=8, log=log)
        steps = [step for step, _ in self.server.points(run.id, "grad_norm/0")]
        self.assertEqual(steps[-1], 80)
        self.assertEqual(steps, sorted(steps))

    def test_accumulated_gradients_are_measured_whole(self):
        model, (inputs, targets) = mlp(), batch()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with start(self.server) as run:
            run.watch(model, optimizer, every=1)
            for part in range(4):
                (torch.nn.functional.cross_entropy(model(inputs[part::4]), targets[part::4]) / 4).backward()
            whole = sum(float((parameter.grad ** 2).sum()) for parameter in model.parameters()) ** 0.5
            optimizer.step()
            run.log({"train/loss": 1.0})
        self.assertAlmostEqual(self.server.points(run.id, "grad_norm/total")[0][1], whole, places=5)

    def test_a_nan_is_logged_and_hides_nothing(self):
        model = mlp()
        with torch.no_grad():
            model[2].weight[0, 0] = float("nan")
        run = self.train(model, steps=1)
        norm = self.server.points(run.id, "param_norm/2")[0][1]
        self.assertNotEqual(norm, norm)
        self.assertEqual(self.server.points(run.id, "param_norm/0")[0][1], self.server.points(run.id, "param_norm/0")[0][1])

    def test_copies_and_checkpoints_of_the_model_do_not_carry_the_watch(self):
        model = mlp()
        optimizer = torch.optim.Adam(model.parameters())
        with start(self.server) as run:
            run.watch(model, optimizer)
            twin = copy.deepcopy(model)
            twin(batch()[0])
            pickle.loads(pickle.dumps(model))
            torch.save(model.state_dict(), io.BytesIO())
            optimizer.load_state_dict(optimizer.state_dict())
            torch.optim.lr_scheduler.StepLR(optimizer, 1)

    def test_unwatch_takes_every_hook_off(self):
        model = mlp()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        step = optimizer.step.__func__
        with start(self.server) as run:
            run.watch(model, optimizer)
            run.unwatch(model)
            self.assertFalse(model._forward_hooks or model._forward_pre_hooks)
            self.assertIs(optimizer.step.__func__, step)

    def test_layers_can_be_chosen(self):
        run = self.train(mlp(), layers="^2$")
        self.assertIn("grad_norm/2", self.series(run))
        self.assertFalse(any(name.endswith("/0") for name in self.series(run)))

    def test_a_pass_that_breaks_off_costs_nothing(self):
        model, (inputs, targets) = mlp(), batch()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with start(self.server) as run:
            run.watch(model, optimizer, every=1)
            with self.assertRaises(RuntimeError):
                model(inputs[:, :3])
            for step in range(2):
                torch.nn.functional.cross_entropy(model(inputs), targets).backward()
                optimizer.step()
                run.log({"train/loss": 1.0}, step=step)
        self.assertEqual([step for step, _ in self.server.points(run.id, "grad_norm/0")], [0, 1])
        self.assertEqual([len(module._forward_hooks) for module in model.modules()], [0] * 4)

    def test_the_interval_grows_where_looking_is_dear(self):
        model = mlp()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        inputs, targets = batch()
        with start(self.server) as run:
            run.watch(model, optimizer)
            for step in range(200):
                torch.nn.functional.cross_entropy(model(inputs), targets).backward()
                optimizer.step()
                run.log({"train/loss": 1.0}, step=step)
            self.assertGreater(run._watches[0].every, 20)

    def test_the_scale_of_mixed_precision_is_logged_and_taken_out_of_gradients(self):
        class Scaler:
            _scale = torch.tensor(1024.0)

            def get_scale(self):
                return 1024.0

            def unscale_(self, _):
                pass

        model, (inputs, targets) = mlp(), batch()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        plain = copy.deepcopy(model)
        torch.nn.functional.cross_entropy(plain(inputs), targets).backward()
        with start(self.server) as run:
            run.watch(model, optimizer, Scaler(), every=1)
            (torch.nn.functional.cross_entropy(model(inputs), targets) * 1024).backward()
            optimizer.step()
            run.log({"train/loss": 1.0})
        self.assertEqual(self.server.points(run.id, "amp/scale"), [(0, 1024.0)])
        whole = sum(float((parameter.grad ** 2).sum()) for parameter in plain.parameters()) ** 0.5
        self.assertAlmostEqual(self.server.points(run.id, "grad_norm/total")[0][1], whole, places=4)


class NoModelTests(unittest.TestCase):
    def test_what_is_no_model_is_named_once(self):
        self.addCleanup(forget_current)
        with FaultyServer() as server, self.assertLogs("tracker", "WARNING") as logs:
            with start(server) as run:
                run.watch(object())
                tracker.watch(object(), log="all", log_freq=100)
        self.assertEqual(len([line for line in logs.output if "object is no PyTorch model" in line]), 1)
