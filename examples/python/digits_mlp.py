"""A perceptron on the digits with PyTorch: the checklist before, `watch` and the monitor during, classes and calibration after.

    python3 examples/python/digits_mlp.py           healthy
    python3 examples/python/digits_mlp.py --sick    a bad start: every unit of the second layer is dead, and no gradient passes
"""

import argparse

import digits
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

import tracker
from tracker import probes, schedules


def loader(samples, shuffle):
    inputs = torch.tensor([pixels for pixels, _ in samples])
    return DataLoader(TensorDataset(inputs, torch.tensor([label for _, label in samples])), batch_size=32, shuffle=shuffle, drop_last=shuffle)


def evaluate(model, batches, step):
    with probes.eval_mode(model, step=step):
        outputs = [(model(inputs), targets) for inputs, targets in batches]
    logits, targets = (torch.cat(parts) for parts in zip(*outputs))
    tracker.log({"val/loss": functional.cross_entropy(logits, targets)}, step=step)
    return probes.classification(logits, targets, step=step).accuracy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sick", action="store_true")
    parser.add_argument("--steps", type=int, default=500)
    options = parser.parse_args()
    torch.manual_seed(1)
    train, val = (loader(samples, shuffle) for samples, shuffle in zip(digits.read(), (True, False)))
    peak = 0.05
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, digits.CLASSES))
    if options.sick:
        torch.nn.init.constant_(model[2].bias, -20.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=peak, momentum=0.9)
    plan = schedules.warmup(peak, 40, then=schedules.cosine(peak, options.steps - 40))
    config = {
        "lr": peak, "optimizer": "sgd", "momentum": 0.9, "batch_size": 32, "schedule": "warmup-cosine", "num_classes": digits.CLASSES,
        "max_grad_norm": 5.0, "total_steps": options.steps, "steps_per_epoch": len(train)}

    with tracker.init(project="examples-python", name="digits mlp" + (" sick" if options.sick else ""), config=config) as run:
        model.train()
        probes.checklist(model, functional.cross_entropy, next(iter(train)), torch.optim.SGD(model.parameters(), lr=0.01), train=train, val=val,
                         expected_shape=(-1, digits.CLASSES))
        run.watch(model, optimizer, every=10)
        monitor = probes.TrainingMonitor(model, clip_norm=5.0, every=200)
        step = 0
        while step < options.steps and not run.should_stop:
            for inputs, targets in train:
                for group in optimizer.param_groups:
                    group["lr"] = plan(step)
                optimizer.zero_grad()
                logits = model(inputs)
                loss = functional.cross_entropy(logits, targets)
                loss.backward()
                accuracy = (logits.argmax(1) == targets).float().mean().item()
                if monitor.step(step, loss, optimizer, extra={"train/accuracy": accuracy, "epoch": step / len(train)}):
                    optimizer.step()
                step += 1
                if step % 50 == 0:
                    accuracy = evaluate(model, val, step - 1)
                if step >= options.steps:
                    break
        print(f"validation accuracy {accuracy:.3f}", monitor.summary())


if __name__ == "__main__":
    main()
