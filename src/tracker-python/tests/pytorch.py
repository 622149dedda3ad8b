"""PyTorch where it is there; tests that need it are skipped with a word elsewhere."""

import unittest

try:
    import torch
except ImportError:
    torch = None

needed = unittest.skipUnless(torch is not None, "PyTorch is not installed here")


def mlp(inputs=8, hidden=16, outputs=4, activation=None):
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(inputs, hidden), activation or torch.nn.ReLU(), torch.nn.Linear(hidden, outputs))


def batch(count=32, inputs=8, classes=4):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, inputs, generator=generator), torch.randint(0, classes, (count,), generator=generator)
