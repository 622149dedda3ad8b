"""Measurements stay on their device until all of a step are there; then they travel in one copy, without waiting for it."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

import torch

BINS = 64
_SAMPLE = 16_384  # Elements by which a histogram or the size of an update is estimated.

Use = Callable[[List[float]], None]


class Pack:
    """`add` takes tensors with what is to be done with their numbers; `send` starts the copy; `read` hands them out once they are there."""

    def __init__(self) -> None:
        self._parts: Dict[Any, List[Tuple[Any, int, Use]]] = {}
        self._copies: List[Tuple[Any, Any, List[Tuple[Any, int, Use]]]] = []

    def add(self, tensor: Any, use: Use) -> None:
        self._parts.setdefault(tensor.device, []).append((tensor.detach().reshape(-1), tensor.numel(), use))

    def join(self, other: Pack) -> None:
        for device, parts in other._parts.items():
            self._parts.setdefault(device, []).extend(parts)

    def send(self) -> None:
        for device, parts in self._parts.items():
            flat = torch.cat([part.to(torch.float32) for part, _, _ in parts])
            event = None
            if device.type == "cuda":
                host = torch.empty(flat.numel(), dtype=torch.float32, pin_memory=True)
                host.copy_(flat, non_blocking=True)
                event = torch.cuda.Event()
                event.record(torch.cuda.current_stream(device))
                flat = host
            self._copies.append((flat, event, parts))
        self._parts = {}

    def read(self, wait: bool) -> bool:
        """False where the numbers are still on their way and `wait` is not."""
        for _, event, _ in self._copies:
            if event is not None:
                if wait:
                    event.synchronize()
                elif not event.query():
                    return False
        for flat, _, parts in self._copies:
            numbers, at = flat.tolist(), 0
            for _, count, use in parts:
                use(numbers[at : at + count])
                at += count
        self._copies = []
        return True


def sample(tensor: Any) -> Any:
    """At most some 16,000 elements, evenly spread, as a view."""
    flat = tensor.detach().reshape(-1)
    stride = -(-flat.numel() // _SAMPLE)
    return flat[::stride] if stride > 1 else flat


def histogram(tensor: Any) -> Any:
    """Least and greatest finite value, then the counts of 64 equal bins between: one tensor, made without asking the device for a number."""
    values = sample(tensor).to(torch.float32)
    finite = torch.isfinite(values)
    low = torch.where(finite, values, values.new_full((), float("inf"))).amin()
    high = torch.where(finite, values, values.new_full((), float("-inf"))).amax()
    width = (high - low).clamp_min(1e-30)
    places = torch.nan_to_num((values - low) / width * BINS, 0.0, 0.0, 0.0).clamp(0, BINS - 1).to(torch.int64)
    counts = torch.zeros(BINS, device=values.device).scatter_add_(0, places, finite.to(torch.float32))
    return torch.cat([low.reshape(1), high.reshape(1), counts])


def norms(tensors: List[Any]) -> List[Any]:
    """The L2 norm of each, a tensor without dimensions."""
    if tensors and all(tensor.dtype == torch.float32 and not tensor.is_sparse for tensor in tensors) and hasattr(torch, "_foreach_norm"):
        return list(torch._foreach_norm(tensors))
    return [torch.linalg.vector_norm(tensor.coalesce().values() if tensor.is_sparse else tensor, dtype=torch.float32) for tensor in tensors]
