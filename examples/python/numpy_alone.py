"""A perceptron in NumPy alone, with the probes that need no library.

    python3 examples/python/numpy_alone.py           healthy
    python3 examples/python/numpy_alone.py --sick    a careless logarithm meets one batch that nobody scaled: NaN, and parameters that keep it
"""

import argparse

import digits
import numpy

import tracker
from tracker import probes, schedules


class Network:
    def __init__(self, seed, hidden=32):
        numbers = numpy.random.default_rng(seed)
        self.parameters = {
            "fc1.weight": numbers.normal(0, (2 / 64) ** 0.5, (64, hidden)), "fc1.bias": numpy.zeros(hidden),
            "fc2.weight": numbers.normal(0, (1 / hidden) ** 0.5, (hidden, digits.CLASSES)), "fc2.bias": numpy.zeros(digits.CLASSES)}

    def forward(self, inputs):
        hidden = numpy.maximum(inputs @ self.parameters["fc1.weight"] + self.parameters["fc1.bias"], 0)
        return hidden, hidden @ self.parameters["fc2.weight"] + self.parameters["fc2.bias"]

    def gradients(self, inputs, labels, careless):
        """(loss, logits, hidden, gradients). careless: the textbook's log of a share, which is 0 for logits that lie far apart."""
        hidden, logits = self.forward(inputs)
        shifted = logits - logits.max(1, keepdims=True)
        shares = numpy.exp(shifted) / numpy.exp(shifted).sum(1, keepdims=True)
        targets = numpy.eye(digits.CLASSES)[labels]
        if careless:
            with numpy.errstate(all="ignore"):
                loss = -(targets * numpy.log(shares)).sum(1).mean()
                slopes = -targets / shares
                errors = shares * (slopes - (slopes * shares).sum(1, keepdims=True)) / len(labels)
        else:
            loss = -(targets * (shifted - numpy.log(numpy.exp(shifted).sum(1, keepdims=True)))).sum(1).mean()
            errors = (shares - targets) / len(labels)
        passed = (errors @ self.parameters["fc2.weight"].T) * (hidden > 0)
        return loss, logits, hidden, {
            "fc1.weight": inputs.T @ passed, "fc1.bias": passed.sum(0), "fc2.weight": hidden.T @ errors, "fc2.bias": errors.sum(0)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sick", action="store_true")
    parser.add_argument("--steps", type=int, default=1000)
    options = parser.parse_args()
    (inputs, labels), (held, answers) = ((numpy.array(images), numpy.array(of)) for images, of in (zip(*samples) for samples in digits.read()))
    network, numbers = Network(1), numpy.random.default_rng(2)
    plan = schedules.cosine(0.1, options.steps)
    config = {"lr": 0.1, "optimizer": "sgd", "batch_size": 32, "schedule": "cosine", "num_classes": digits.CLASSES, "total_steps": options.steps,
              "max_grad_norm": 10.0}
    with tracker.init(project="examples-python", name="numpy" + (" sick" if options.sick else ""), config=config) as run:
        probes.check_batch(inputs, labels, step=0)
        nan_in_a_row = 0
        for step in range(options.steps):
            chosen = numbers.integers(0, len(inputs), 32)
            batch = inputs[chosen] * (1e4 if options.sick and step == options.steps // 2 else 1.0)
            run.log_batch(chosen[:8], step=step)
            loss, logits, hidden, gradients = network.gradients(batch, labels[chosen], careless=options.sick)
            if step == 0:
                probes.grads_reach(gradients, step=0)
            norm = probes.clip_grad_norm(list(gradients.values()), 10.0, step=step)
            for name, gradient in gradients.items():
                network.parameters[name] -= plan(step) * gradient
            probes.log_health(step, loss, lr=plan(step))
            nan_in_a_row = nan_in_a_row + 1 if loss != loss else 0
            if nan_in_a_row == 3:
                print("not finite:", probes.find_nonfinite(network.parameters, step).tensors)
            if step % 20 == 0:
                run.log({"dead_fraction/fc1": (hidden.max(0) <= 0).mean()}, step=step)
                probes.gradient_table(gradients, show=False, step=step)
            if step % 100 == 99:
                _, shown = network.forward(held)
                shifted = shown - shown.max(1, keepdims=True)
                run.log({"val/loss": -(shifted - numpy.log(numpy.exp(shifted).sum(1, keepdims=True)))[numpy.arange(len(answers)), answers].mean()}, step=step)
                found = probes.classification(shown, answers, step=step)
                print(f"step {step:4d}  loss {loss:.4f}  gradient norm {norm:.3f}  validation accuracy {found.accuracy:.3f}")
            if run.should_stop:
                break


if __name__ == "__main__":
    main()
