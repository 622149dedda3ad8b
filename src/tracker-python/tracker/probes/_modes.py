"""Training and evaluation mode, enforced and checked."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator, Optional

from ._report import report, torch_or_none


def check_mode(model: Any, during: str, step: Optional[int] = None, run: Any = None) -> bool:
    """Whether every module is in the mode that `during` ("train" or "eval") asks for. Event `mode`."""
    training = during == "train"
    wrong = sum(bool(module.training) != training for module in model.modules())
    report(run, "mode", {
        "during": during, "training": training if wrong == 0 else bool(model.training) if model.training != training else not training,
        "modules": wrong, "grad_enabled": bool(torch_or_none().is_grad_enabled())}, step)
    return wrong == 0


@contextlib.contextmanager
def train_mode(model: Any, step: Optional[int] = None, run: Any = None, frozen: Any = ()) -> Iterator[Any]:
    """Within it the model trains: training mode, gradients on; afterwards each module is as it was. Code within that switched the mode is told.

    frozen: modules that stay in evaluation mode, as the batch normalisation of a part that is not fine-tuned.
    """
    torch = torch_or_none()
    before = [(module, module.training) for module in model.modules()]
    kept = {module for part in frozen for module in part.modules()}
    model.train()
    for module in kept:
        module.training = False
    try:
        with torch.enable_grad():
            yield model
        wrong = sum(not module.training for module in model.modules() if module not in kept)
        if wrong:
            report(run, "mode", {"during": "train", "training": False, "modules": wrong, "grad_enabled": True}, step)
    finally:
        for module, training in before:
            module.training = training


@contextlib.contextmanager
def eval_mode(model: Any, step: Optional[int] = None, run: Any = None) -> Iterator[Any]:
    """Within it the model is evaluated: evaluation mode, no gradients; afterwards each module is as it was. Code within that switched is told."""
    torch = torch_or_none()
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield model
            gradients = torch.is_grad_enabled()
        wrong = sum(module.training for module in model.modules())
        if wrong or gradients:
            report(run, "mode", {"during": "eval", "training": wrong > 0, "modules": wrong, "grad_enabled": gradients}, step)
    finally:
        for module, training in before:
            module.training = training
