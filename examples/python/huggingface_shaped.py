"""A training loop shaped like Hugging Face's `Trainer`, without the library: arguments, state, control and callbacks as it has them, so that
`tracker.integrations.huggingface.TrackerCallback` is driven as the real one drives it.

    python3 examples/python/huggingface_shaped.py           healthy
    python3 examples/python/huggingface_shaped.py --sick    max_grad_norm is far too small: every step is clipped
"""

import argparse
import types

import digits
import torch
from torch.nn import functional

import tracker
from tracker.integrations.huggingface import TrackerCallback


class Trainer:
    """The calls of transformers 4.46, in its order."""

    def __init__(self, model, args, train, held, callbacks):
        self.model, self.args, self.train_data, self.held, self.callbacks = model, args, train, held, callbacks
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=args.learning_rate)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: 1 - step / args.max_steps)
        self.state = types.SimpleNamespace(global_step=0, max_steps=args.max_steps, epoch=0.0, is_world_process_zero=True)
        self.control = types.SimpleNamespace(should_training_stop=False)

    def call(self, event, **more):
        for callback in self.callbacks:
            getattr(callback, event)(self.args, self.state, self.control, model=self.model, optimizer=self.optimizer, **more)

    def train(self):
        self.call("on_train_begin")
        inputs, targets = self.train_data
        numbers = torch.Generator().manual_seed(1)
        while self.state.global_step < self.args.max_steps and not self.control.should_training_stop:
            chosen = torch.randint(0, len(inputs), (32,), generator=numbers)
            self.model.train()
            loss = functional.cross_entropy(self.model(inputs[chosen]), targets[chosen])
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.args.max_grad_norm)
            rate = self.scheduler.get_last_lr()[0]
            self.optimizer.step()
            self.scheduler.step()
            self.optimizer.zero_grad()
            self.state.global_step += 1
            self.state.epoch = 32 * self.state.global_step / len(inputs)
            self.call("on_step_end")
            self.call("on_log", logs={"loss": loss.item(), "grad_norm": norm.item(), "learning_rate": rate, "epoch": self.state.epoch})
            if self.state.global_step % self.args.eval_steps == 0:
                self.call("on_log", logs=self.evaluate())
        self.call("on_train_end")

    def evaluate(self):
        self.model.eval()
        inputs, targets = self.held
        with torch.no_grad():
            logits = self.model(inputs)
        accuracy = (logits.argmax(1) == targets).float().mean().item()
        print(f"step {self.state.global_step:4d}  validation accuracy {accuracy:.3f}")
        return {"eval_loss": functional.cross_entropy(logits, targets).item(), "eval_accuracy": accuracy, "epoch": self.state.epoch}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sick", action="store_true")
    parser.add_argument("--steps", type=int, default=400)
    options = parser.parse_args()
    torch.manual_seed(1)
    train, held = (tuple(torch.tensor(part) for part in zip(*samples)) for samples in digits.read())
    values = {"learning_rate": 3e-3, "max_steps": options.steps, "eval_steps": 50, "max_grad_norm": 0.01 if options.sick else 10.0,
              "lr_scheduler_type": "linear", "num_classes": digits.CLASSES, "per_device_train_batch_size": 32, "optimizer": "adamw"}
    args = types.SimpleNamespace(**values, run_name="hugging face" + (" sick" if options.sick else ""), to_sanitized_dict=lambda: values)
    model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, digits.CLASSES))
    Trainer(model, args, train, held, [TrackerCallback(project="examples-python")]).train()
    tracker.finish()


if __name__ == "__main__":
    main()
