#!/usr/bin/env python3
"""Trains a small network on the 8×8 digits, in plain Python, and logs it to Tracker.

    python3 examples/python/train.py                  # a healthy run, about half a minute
    python3 examples/python/train.py --fault lr-10    # a learning rate of 10
    python3 examples/python/train.py --fault nan      # one unscaled batch meets a cross-entropy that takes log(0)

Nothing is needed but Python: the network, its gradients and the client use the standard library only.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import math
import random
import sys
import time
from operator import mul
from pathlib import Path
from typing import List, Sequence, Tuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src" / "tracker-python"))

import tracker  # noqa: E402

DATA = ROOT / "examples" / "FailureModes" / "data" / "digits.csv.gz"
CLASSES = 10
Vector = List[float]
Sample = Tuple[Vector, int]


class Layer:
    """Outputs = weights · inputs + biases, with the gradients of a batch and momentum."""

    def __init__(self, name: str, inputs: int, outputs: int, random_numbers: random.Random) -> None:
        spread = math.sqrt(2 / inputs)  # He et al. 2015, for the ReLU that follows.
        self.name = name
        self.weights = [[random_numbers.gauss(0, spread) for _ in range(inputs)] + [0.0] for _ in range(outputs)]
        self.momentum = [[0.0] * (inputs + 1) for _ in range(outputs)]
        self.clear()

    def clear(self) -> None:
        self.gradients = [[0.0] * len(row) for row in self.weights]

    def forward(self, inputs: Vector) -> Vector:
        return [sum(map(mul, row, inputs)) for row in self.weights]

    def backward(self, inputs: Vector, errors: Vector) -> Vector:
        """Adds this sample to the gradients and gives the error of the inputs."""
        passed = [0.0] * len(inputs)
        for row, gradient, error in zip(self.weights, self.gradients, errors):
            if error != 0.0:  # NaN is not 0 and goes on.
                gradient[:] = [g + error * x for g, x in zip(gradient, inputs)]
                passed = [p + error * w for p, w in zip(passed, row)]
        return passed

    def step(self, rate: float, momentum: float, scale: float) -> None:
        for row, speed, gradient in zip(self.weights, self.momentum, self.gradients):
            speed[:] = [momentum * s + scale * g for s, g in zip(speed, gradient)]
            row[:] = [w - rate * s for w, s in zip(row, speed)]

    def gradient_norm(self, scale: float) -> float:
        return scale * math.sqrt(sum(g * g for row in self.gradients for g in row))

    def parameter_norm(self) -> float:
        return math.sqrt(sum(w * w for row in self.weights for w in row))


class Network:
    """64 pixels → ReLU units → 10 classes."""

    def __init__(self, hidden: int, seed: int) -> None:
        numbers = random.Random(seed)
        self.layers = [Layer("fc1", 64, hidden, numbers), Layer("fc2", hidden, CLASSES, numbers)]

    def forward(self, pixels: Vector) -> Tuple[Vector, Vector, Vector]:
        inputs = pixels + [1.0]  # The last weight of a row is its bias.
        units = [z if z > 0 or z != z else 0.0 for z in self.layers[0].forward(inputs)] + [1.0]
        return inputs, units, softmax(self.layers[1].forward(units))

    def backward(self, inputs: Vector, units: Vector, errors: Vector) -> None:
        passed = self.layers[1].backward(units, errors)
        self.layers[0].backward(inputs, [error if unit != 0 else 0.0 for error, unit in zip(passed[:-1], units)])


def softmax(logits: Vector) -> Vector:
    top = max(logits)
    powers = [math.exp(z - top) if math.isfinite(z - top) else math.nan for z in logits]
    total = sum(powers)
    return [power / total for power in powers]


def cross_entropy(shares: Vector, label: int) -> Tuple[float, Vector]:
    """Loss and its derivative by the logits, in the stable form."""
    errors = list(shares)
    errors[label] -= 1.0
    return -math.log(max(shares[label], 1e-12)) if shares[label] == shares[label] else math.nan, errors


def careless_cross_entropy(shares: Vector, label: int) -> Tuple[float, Vector]:
    """The textbook's sum of target × log(share) and its derivative, step by step: 0 × log(0) is NaN, as in every array library."""
    loss, slopes = 0.0, []
    for k, share in enumerate(shares):
        target = 1.0 if k == label else 0.0
        loss -= target * (math.log(share) if share > 0 else -math.inf if share == 0 else math.nan)
        slopes.append(-target / share if share != 0 else -math.inf if target else math.nan)
    mean = sum(map(mul, slopes, shares))
    return loss, [share * (slope - mean) for share, slope in zip(shares, slopes)]


def read_digits(path: Path) -> List[Sample]:
    with gzip.open(path, "rt", newline="") as file:
        return [([int(pixel) / 16 for pixel in row[:64]], int(row[64])) for row in csv.reader(file)]


def evaluate(network: Network, samples: Sequence[Sample]) -> Tuple[float, float]:
    """Mean loss and share of hits."""
    loss = hits = 0.0
    for pixels, label in samples:
        shares = network.forward(pixels)[2]
        loss += cross_entropy(shares, label)[0]
        hits += shares.index(max(shares)) == label
    return loss / len(samples), hits / len(samples)


def train(options: argparse.Namespace) -> None:
    samples = read_digits(options.data)
    random.Random(0).shuffle(samples)
    validation, training = samples[:360], samples[360:]
    steps_per_epoch = len(training) // options.batch_size
    rate = 10.0 if options.fault == "lr-10" else options.lr
    careless = options.fault == "nan"
    config = {
        "model": "mlp-64-32-10", "dataset": "digits", "optimizer": "sgd", "lr": rate, "momentum": 0.9, "batch_size": options.batch_size,
        "schedule": "cosine", "num_classes": CLASSES, "total_steps": options.steps, "steps_per_epoch": steps_per_epoch, "seed": options.seed,
    }
    network, order = Network(32, options.seed), random.Random(options.seed)
    with tracker.init(project=options.project, config=config, name=f"python {options.fault}", tags=["example", "python"]) as run:
        for step in range(options.steps):
            if step % steps_per_epoch == 0:
                order.shuffle(training)
            begun = time.perf_counter()
            first = step % steps_per_epoch * options.batch_size
            batch = training[first : first + options.batch_size]
            lr = rate * 0.5 * (1 + math.cos(math.pi * step / options.steps))
            if careless and step == options.steps // 5:  # One batch that nobody scaled: shares underflow to 0.
                batch = [([pixel * 1e4 for pixel in pixels], label) for pixels, label in batch]
            loss = hits = 0.0
            for layer in network.layers:
                layer.clear()
            for pixels, label in batch:
                inputs, units, shares = network.forward(pixels)
                part, errors = (careless_cross_entropy if careless else cross_entropy)(shares, label)
                network.backward(inputs, units, errors)
                loss += part / len(batch)
                hits += (shares.index(max(shares)) == label) / len(batch)
            norms = {layer.name: layer.gradient_norm(1 / len(batch)) for layer in network.layers}
            for layer in network.layers:
                layer.step(lr, 0.9, 1 / len(batch))
            run.log({
                "train/loss": loss, "train/accuracy": hits, "lr": lr, "epoch": step / steps_per_epoch,
                "grad_norm": {"total": math.sqrt(sum(norm * norm for norm in norms.values()))}, "step_time": time.perf_counter() - begun,
            }, step=step)
            if step % 20 == 0:
                run.log({"grad_norm": norms, "param_norm": {layer.name: layer.parameter_norm() for layer in network.layers}}, step=step)
            if step % 100 == 0 or step == options.steps - 1:
                val_loss, val_accuracy = evaluate(network, validation)
                run.log({"val/loss": val_loss, "val/accuracy": val_accuracy}, step=step)
                run.log_histogram("weights/fc1", network.layers[0].weights, step=step)
                print(f"step {step:5d}  loss {loss:.4f}  val loss {val_loss:.4f}  val accuracy {val_accuracy:.3f}")
            if run.should_stop:
                break


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains on the 8x8 digits and logs to Tracker (TRACKER_URL, default http://127.0.0.1:5080).")
    parser.add_argument("--fault", choices=("none", "lr-10", "nan"), default="none")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--project", default="digits-python")
    parser.add_argument("--data", type=Path, default=DATA)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
