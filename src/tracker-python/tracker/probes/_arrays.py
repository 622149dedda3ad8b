"""What a probe asks of numbers, whether they are a tensor, an array, nested lists or one number."""

from __future__ import annotations

import math
import sys
from typing import Any, Iterator, List, NamedTuple

from ._report import is_tensor, torch_or_none


class Facts(NamedTuple):
    """size: numbers. nan, infinite: of them. largest: greatest size of the finite ones. mean, std: of the finite ones."""

    size: int
    nan: int
    infinite: int
    largest: float
    mean: float
    std: float


def facts(values: Any) -> Facts:
    """One pass over numbers of any kind; whole numbers are finite."""
    if is_tensor(values):
        return _of_tensor(values)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(values, numpy.ndarray):
        if values.dtype.kind not in "fiubc":
            return Facts(0, 0, 0, 0.0, math.nan, math.nan)
        numbers = values.astype("float64").ravel()
        finite = numbers[numpy.isfinite(numbers)]
        nan = int(numpy.isnan(numbers).sum())
        if not finite.size:
            return Facts(numbers.size, nan, numbers.size - nan, 0.0, math.nan, math.nan)
        return Facts(numbers.size, nan, int(numbers.size - finite.size - nan), float(abs(finite).max()), float(finite.mean()), float(finite.std()))
    listed = list(flat(values))
    finite_ones = [number for number in listed if math.isfinite(number)]
    nan = sum(number != number for number in listed)
    mean = math.fsum(finite_ones) / len(finite_ones) if finite_ones else math.nan
    std = math.sqrt(math.fsum((number - mean) ** 2 for number in finite_ones) / len(finite_ones)) if finite_ones else math.nan
    return Facts(len(listed), nan, len(listed) - len(finite_ones) - nan, max((abs(number) for number in finite_ones), default=0.0), mean, std)


def _of_tensor(tensor: Any) -> Facts:
    torch = torch_or_none()
    numbers = tensor.detach()
    if not (numbers.is_floating_point() or numbers.is_complex()) and numbers.numel() > 0:
        numbers = numbers.to(torch.float32)
    numbers = numbers.reshape(-1)
    if numbers.numel() == 0:
        return Facts(0, 0, 0, 0.0, math.nan, math.nan)
    finite = numbers[torch.isfinite(numbers)].to(torch.float64)
    nan = int(torch.isnan(numbers).sum())
    count = numbers.numel()
    if finite.numel() == 0:
        return Facts(count, nan, count - nan, 0.0, math.nan, math.nan)
    return Facts(count, nan, count - int(finite.numel()) - nan, float(finite.abs().max()), float(finite.mean()), float(finite.std(unbiased=False)))


def is_finite(values: Any) -> bool:
    if is_tensor(values):
        return not values.is_floating_point() or bool(torch_or_none().isfinite(values).all())
    found = facts(values)
    return found.nan == 0 and found.infinite == 0


def flat(values: Any) -> Iterator[float]:
    if isinstance(values, (int, float)):
        yield float(values)
        return
    if hasattr(values, "tolist"):
        values = values.tolist()
        if not isinstance(values, list):
            yield float(values)
            return
    for value in values:
        if isinstance(value, (int, float)):
            yield float(value)
        elif not isinstance(value, (str, bytes)):
            yield from flat(value)


def rows(values: Any) -> List[List[float]]:
    """A matrix as lists."""
    listed = values.detach().cpu().tolist() if is_tensor(values) else values.tolist() if hasattr(values, "tolist") else [list(row) for row in values]
    return [[float(number) for number in row] for row in listed]


def whole(values: Any) -> List[int]:
    """Labels as whole numbers."""
    listed = values.detach().cpu().tolist() if is_tensor(values) else values.tolist() if hasattr(values, "tolist") else list(values)
    return [int(value) for value in listed]
