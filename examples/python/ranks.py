"""Two processes train one model with `torch.distributed` (gloo), and log to one run; those of rank 1 are named `rank1/…`.

    python3 examples/python/ranks.py           healthy: each rank has its own share of the data
    python3 examples/python/ranks.py --sick    nobody calls set_epoch or splits: both ranks read the same batches

It starts its processes itself, as `torchrun --nproc_per_node 2` does.
"""

import argparse
import os
import socket
import subprocess
import sys

import digits
import torch
import torch.distributed
from torch.nn import functional
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

import tracker
from tracker import probes


def train(options):
    torch.distributed.init_process_group("gloo")
    rank, size = torch.distributed.get_rank(), torch.distributed.get_world_size()
    torch.manual_seed(1)
    training, validation = digits.read()
    inputs, targets = (torch.tensor(part) for part in zip(*training))
    held, labels = (torch.tensor(part) for part in zip(*validation))
    sampler = DistributedSampler(TensorDataset(inputs, targets), num_replicas=1 if options.sick else size, rank=0 if options.sick else rank, seed=1)
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=32, sampler=sampler, drop_last=True)
    model = torch.nn.parallel.DistributedDataParallel(
        torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, digits.CLASSES)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    config = {"lr": 0.1, "optimizer": "sgd", "batch_size": 32 * size, "num_classes": digits.CLASSES, "world_size": size, "schedule": "constant",
              "total_steps": options.epochs * len(loader), "steps_per_epoch": len(loader)}

    with tracker.init(project="examples-python", name="two ranks" + (" sick" if options.sick else ""), config=config) as run:
        step = 0
        for epoch in range(options.epochs):
            sampler.set_epoch(epoch)
            for number, (batch, answers) in enumerate(loader):
                optimizer.zero_grad()
                loss = functional.cross_entropy(model(batch), answers)
                loss.backward()
                norm = probes.clip_grad_norm(model, 10.0, step=step)
                optimizer.step()
                if number == 0:
                    probes.rank_hash(batch, model, step=step)
                run.log({"train/loss": loss.item(), "lr": 0.1, "epoch": epoch + number / len(loader)}, step=step)
                step += 1
            if rank == 0:
                with probes.eval_mode(model.module, step=step - 1):
                    logits = model.module(held)
                run.log({"val/loss": functional.cross_entropy(logits, labels).item()}, step=step - 1)
                probes.classification(logits, labels, step=step - 1)
                print(f"epoch {epoch}  loss {loss.item():.4f}  gradient norm {norm:.3f}")
    torch.distributed.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sick", action="store_true")
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()
    if "RANK" in os.environ:
        train(options)
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    children = [subprocess.Popen([sys.executable, *sys.argv], env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(2)]
    sys.exit(max(child.wait() for child in children))


if __name__ == "__main__":
    main()
