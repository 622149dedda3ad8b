"""Probes that train a little put everything back as it was."""

from __future__ import annotations

import contextlib
import copy
from typing import Any, Callable, Dict, Iterator, List

from ._report import torch_or_none

LossOf = Callable[[Any, Any], Any]


@contextlib.contextmanager
def restored(model: Any, optimizer: Any = None) -> Iterator[None]:
    """Parameters, buffers, gradients, modes, the optimizer's state and rates, and the random numbers are afterwards what they were."""
    torch = torch_or_none()
    state = {name: value.detach().clone() for name, value in model.state_dict(keep_vars=False).items() if hasattr(value, "clone")}
    gradients = [None if parameter.grad is None else parameter.grad.detach().clone() for parameter in model.parameters()]
    modes = [(module, module.training) for module in model.modules()]
    kept: Dict[str, Any] = copy.deepcopy(optimizer.state_dict()) if optimizer is not None else {}
    try:
        with random_kept():
            yield
    finally:
        with torch.no_grad():
            for name, value in model.state_dict(keep_vars=True).items():
                if name in state:
                    value.copy_(state[name])
        for parameter, gradient in zip(model.parameters(), gradients):
            parameter.grad = gradient
        for module, training in modes:
            module.training = training
        if optimizer is not None:
            if kept["state"]:
                optimizer.load_state_dict(kept)
            else:
                optimizer.state.clear()
                for group, old in zip(optimizer.param_groups, kept["param_groups"]):
                    group.update({name: value for name, value in old.items() if name != "params"})


@contextlib.contextmanager
def random_kept() -> Iterator[None]:
    """PyTorch's random numbers go on afterwards where they were."""
    torch = torch_or_none()
    if torch is None:
        yield
        return
    random = torch.get_rng_state()
    devices = [(device, torch.cuda.get_rng_state(device)) for device in range(torch.cuda.device_count())] if torch.cuda.is_initialized() else []
    try:
        yield
    finally:
        torch.set_rng_state(random)
        for device, state in devices:
            torch.cuda.set_rng_state(state, device)


def loss_of(model: Any, loss_fn: Any, batch: Any) -> Any:
    """The loss of one batch. batch: (inputs, targets), or a mapping for a model that gives its own loss."""
    if isinstance(batch, dict):
        output = model(**batch)
        return loss_fn(output, batch) if loss_fn is not None else output.loss
    inputs, targets = batch[0], batch[1]
    return loss_fn(model(inputs), targets)


def to_device(model: Any, batch: Any) -> Any:
    """The batch where the model is."""
    parameter = next(iter(model.parameters()), None)

    def move(value: Any) -> Any:
        return value.to(parameter.device) if parameter is not None and hasattr(value, "to") else value

    if isinstance(batch, dict):
        return {name: move(value) for name, value in batch.items()}
    return [move(value) for value in batch]


def first(batches: Any, count: int) -> List[Any]:
    """The first batches of a loader, or of a list."""
    found = []
    for batch in batches:
        found.append(batch)
        if len(found) >= count:
            break
    return found
