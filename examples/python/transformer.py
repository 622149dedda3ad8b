"""A small transformer that learns to sort digits, with PyTorch: attention entropy, logits and layers by `watch`.

    python3 examples/python/transformer.py           healthy: warm-up, then cosine
    python3 examples/python/transformer.py --sick    no warm-up and a rate 100 times too high: attention collapses and it never learns
"""

import argparse

import torch
from torch.nn import functional

import tracker
from tracker import probes, schedules

LENGTH, DIGITS = 6, 10


class Block(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.attn = torch.nn.MultiheadAttention(width, heads, batch_first=True)
        self.fc1, self.fc2 = torch.nn.Linear(width, 2 * width), torch.nn.Linear(2 * width, width)

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.attn(y, y, y, need_weights=False)[0]
        return x + self.fc2(functional.gelu(self.fc1(self.norm2(x))))


class Sorter(torch.nn.Module):
    """Gives at each place the digit that stands there once all are sorted."""

    def __init__(self, width=32, depth=2):
        super().__init__()
        self.embed, self.place = torch.nn.Embedding(DIGITS, width), torch.nn.Parameter(0.02 * torch.randn(LENGTH, width))
        self.blocks = torch.nn.ModuleList(Block(width, 4) for _ in range(depth))
        self.norm, self.head = torch.nn.LayerNorm(width), torch.nn.Linear(width, DIGITS)

    def forward(self, digits):
        x = self.embed(digits) + self.place
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def make(count, generator):
    digits = torch.randint(0, DIGITS, (count, LENGTH), generator=generator)
    return digits, digits.sort(1).values


def loss_of(logits, targets):
    return functional.cross_entropy(logits.reshape(-1, DIGITS), targets.reshape(-1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sick", action="store_true")
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    torch.manual_seed(1)
    numbers = torch.Generator().manual_seed(2)
    peak = 0.3 if options.sick else 3e-3
    model = Sorter()
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=0.01)
    plan = schedules.constant(peak) if options.sick else schedules.warmup(peak, 20, then=schedules.cosine(peak, options.steps - 20))
    config = {
        "lr": peak, "optimizer": "adamw", "weight_decay": 0.01, "batch_size": 48, "seq_len": LENGTH, "num_classes": DIGITS, "max_grad_norm": 5.0,
        "schedule": "constant" if options.sick else "warmup-cosine", "total_steps": options.steps, "model": "transformer"}

    with tracker.init(project="examples-python", name="transformer" + (" sick" if options.sick else ""), config=config) as run:
        val = make(512, torch.Generator().manual_seed(3))
        run.watch(model, optimizer, every=10, histograms=0)
        for step in range(options.steps):
            for group in optimizer.param_groups:
                group["lr"] = plan(step)
            digits, targets = make(48, numbers)
            optimizer.zero_grad()
            loss = loss_of(model(digits), targets)
            loss.backward()
            probes.clip_grad_norm(model, 5.0, step=step)
            optimizer.step()
            run.log({"train/loss": loss.item(), "lr": plan(step)}, step=step)
            if step % 50 == 49:
                with probes.eval_mode(model, step=step):
                    logits = model(val[0])
                accuracy = (logits.argmax(-1) == val[1]).float().mean().item()
                run.log({"val/loss": loss_of(logits, val[1]).item(), "val/accuracy": accuracy}, step=step)
                print(f"step {step:4d}  loss {loss.item():.4f}  validation accuracy {accuracy:.3f}")
            if run.should_stop:
                break
        eigenvalue = probes.hessian_top_eigenvalue(lambda: loss_of(model(val[0][:64]), val[1][:64]), model.parameters(), iterations=8, lr=plan(options.steps - 1))
        print(f"top eigenvalue of the Hessian {eigenvalue:.3g}")


if __name__ == "__main__":
    main()
