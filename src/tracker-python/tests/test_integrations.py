"""The adapters, driven as the libraries' documentation says that they drive them: transformers 4.46, Lightning 2.4, Keras 3.6."""

import os
import types
import unittest
from unittest import mock

import tracker
from tests.pytorch import batch, mlp, needed, torch
from tests.server import QUICK, FaultyServer, forget_current, start
from tracker.integrations import huggingface, keras, lightning


class IntegrationTests(unittest.TestCase):
    def setUp(self):
        self.server = FaultyServer()
        self.addCleanup(self.server.close)
        self.addCleanup(forget_current)
        self.init = {"project": "tests", "url": self.server.url, "mode": "online", "settings": tracker.Settings(**QUICK)}

    def only_run(self):
        ((id, run),) = self.server.runs.items()
        return id, run

    def test_a_hugging_face_trainer_is_logged(self):
        callback = huggingface.TrackerCallback(**self.init)
        args = types.SimpleNamespace(run_name="bert", to_sanitized_dict=lambda: {"learning_rate": 5e-5, "max_grad_norm": 1.0})
        state = types.SimpleNamespace(is_world_process_zero=True, global_step=0, max_steps=20)
        control = types.SimpleNamespace(should_training_stop=False)
        callback.on_train_begin(args, state, control, model=None, processing_class=None)
        for state.global_step in (10, 20):
            callback.on_step_end(args, state, control)
            callback.on_log(args, state, control, logs={"loss": 0.5, "grad_norm": 1.5, "learning_rate": 4e-5, "epoch": 0.5})
        callback.on_log(args, state, control, logs={"eval_loss": 0.6, "eval_runtime": 1.0, "epoch": 1.0})
        callback.on_train_end(args, state, control)
        id, run = self.only_run()
        self.assertEqual((run["create"]["name"], run["config"]["max_grad_norm"], run["config"]["total_steps"], run["state"]), ("bert", 1.0, 20, "finished"))
        self.assertEqual(self.server.points(id, "train/loss"), [(10, 0.5), (20, 0.5)])
        self.assertEqual((self.server.points(id, "eval/loss"), self.server.points(id, "epoch")[-1]), ([(20, 0.6)], (20, 1.0)))
        self.assertFalse(control.should_training_stop)

    def test_a_stop_ends_the_hugging_face_trainer(self):
        self.server.stop = {"reason": "enough", "by": "user"}
        control = types.SimpleNamespace(should_training_stop=False)
        with start(self.server) as run:
            callback = huggingface.TrackerCallback()
            state = types.SimpleNamespace(is_world_process_zero=True, global_step=1, max_steps=9)
            callback.on_train_begin(types.SimpleNamespace(), state, control)
            run.log({"a": 1.0})
            from tests.server import wait_for

            wait_for(lambda: run.should_stop)
            callback.on_step_end(None, state, control)
            callback.on_train_end(None, state, control)
            self.assertFalse(run._finished, "a run of the script's own stays open")
        self.assertTrue(control.should_training_stop)

    def test_processes_that_are_not_the_first_log_nothing(self):
        callback = huggingface.TrackerCallback(**self.init)
        state = types.SimpleNamespace(is_world_process_zero=False, global_step=1, max_steps=1)
        callback.on_train_begin(None, state, None)
        callback.on_log(None, state, None, logs={"loss": 1.0})
        callback.on_train_end(None, state, None)
        with mock.patch.dict(os.environ, {"RANK": "1"}):
            logger = lightning.TrackerLogger(**self.init)
            logger.log_metrics({"a": 1.0}, step=0)
            logger.experiment.log_histogram("a", [1.0])
            logger.finalize("success")
        self.assertEqual(self.server.requests, [])

    def test_a_lightning_trainer_is_logged(self):
        logger = lightning.TrackerLogger(**self.init)
        self.assertEqual((logger.name, logger.version), ("tests", None))
        logger.log_hyperparams(types.SimpleNamespace(lr=0.1))
        logger.log_metrics({"train_loss": 0.5, "epoch": 0}, step=49)
        logger.log_metrics({"val_loss": 0.6}, step=99)
        logger.save()
        version = logger.version
        logger.finalize("success")
        id, run = self.only_run()
        self.assertEqual((version, run["config"], run["state"]), (id, {"lr": 0.1}, "finished"))
        self.assertEqual((self.server.points(id, "train_loss"), self.server.points(id, "val_loss")), ([(49, 0.5)], [(99, 0.6)]))

    def test_a_lightning_trainer_that_fails_fails_its_run(self):
        logger = lightning.TrackerLogger(**self.init)
        logger.log_metrics({"a": 1.0}, step=0)
        logger.finalize("failed")
        self.assertEqual(self.only_run()[1]["state"], "failed")

    def test_a_keras_fit_is_logged(self):
        callback = keras.TrackerCallback(**self.init)
        model = types.SimpleNamespace(optimizer=types.SimpleNamespace(learning_rate=0.01), stop_training=False)
        callback.set_params({"epochs": 2, "steps": 3, "verbose": 1})
        callback.set_model(model)
        callback.on_train_begin(None)
        for epoch in range(2):
            callback.on_epoch_begin(epoch, {})
            for number in range(3):
                callback.on_train_batch_begin(number, {})
                callback.on_train_batch_end(number, {"loss": 1.0 - 0.1 * number, "accuracy": 0.5})
            callback.on_test_begin()
            callback.on_epoch_end(epoch, {"loss": 0.9, "val_loss": 1.1, "val_accuracy": 0.4})
        callback.on_train_end({})
        id, run = self.only_run()
        self.assertEqual([step for step, _ in self.server.points(id, "train/loss")], [0, 1, 2, 3, 4, 5])
        self.assertEqual((self.server.points(id, "val/loss"), self.server.points(id, "lr")[0]), ([(2, 1.1), (5, 1.1)], (0, 0.01)))
        self.assertEqual((run["config"]["total_steps"], run["config"]["optimizer"], run["state"]), (6, "SimpleNamespace", "finished"))

    @needed
    def test_the_hugging_face_callback_watches_the_model(self):
        model, (inputs, targets) = mlp(), batch()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        callback = huggingface.TrackerCallback(**self.init)
        state = types.SimpleNamespace(is_world_process_zero=True, global_step=0, max_steps=2)
        callback.on_train_begin(types.SimpleNamespace(), state, None, model=model, optimizer=optimizer)
        torch.nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        callback.on_log(None, state, None, logs={"loss": 1.0})
        callback.on_train_end(None, state, None)
        id, _ = self.only_run()
        self.assertEqual(len(self.server.points(id, "update_ratio/0")), 1)
