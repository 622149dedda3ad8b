"""Histograms are binned here, so that a million gradients cost a few hundred bytes on the wire."""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from typing import Any, Iterable, List, Optional, Sequence, Tuple

from ._errors import UsageError

MAX_BINS = 1024


class Histogram:
    """Counts of values in bins, to be passed to `log`.

    values: numbers, nested lists of them, or an array or tensor of any shape. Non-finite values are left out and counted.
    np_histogram: instead of values, what ``numpy.histogram`` returns: ``(counts, edges)``.
    num_bins: equal bins from the least to the greatest value, 1 to 1024. Default 64.
    """

    __slots__ = ("counts", "edges", "non_finite")

    def __init__(
        self,
        values: Any = None,
        np_histogram: Optional[Tuple[Sequence[float], Sequence[float]]] = None,
        num_bins: int = 64,
    ) -> None:
        self.non_finite = 0
        if (values is None) == (np_histogram is None):
            raise UsageError("Histogram takes either values or np_histogram=(counts, edges)")
        if np_histogram is not None:
            self.counts = [float(count) for count in np_histogram[0]]
            self.edges = [float(edge) for edge in np_histogram[1]]
        else:
            if not 1 <= num_bins <= MAX_BINS:
                raise UsageError(f"num_bins is {num_bins}; it must lie between 1 and {MAX_BINS}")
            self.counts, self.edges = self._bin(values, num_bins)
        self._check()

    def _bin(self, values: Any, bins: int) -> Tuple[List[float], List[float]]:
        numpy = sys.modules.get("numpy")  # Used where the program has it already; never imported for this.
        if hasattr(values, "detach"):
            values = values.detach().cpu()
            if numpy is not None and hasattr(values, "float"):
                values = values.float().numpy()
        if numpy is not None and isinstance(values, numpy.ndarray):
            flat = values.astype("float64").ravel()
            finite = flat[numpy.isfinite(flat)]
            self.non_finite = int(flat.size - finite.size)
            if finite.size:
                edges = _edges(float(finite.min()), float(finite.max()), bins)
                counts, _ = numpy.histogram(finite, numpy.asarray(edges))
                return [float(count) for count in counts], edges
            return [0.0] * bins, _edges(0.0, 0.0, bins)
        return self._bin_numbers(list(_numbers(values.tolist() if hasattr(values, "tolist") else values)), bins)

    def _bin_numbers(self, numbers: List[float], bins: int) -> Tuple[List[float], List[float]]:
        finite = [number for number in numbers if math.isfinite(number)]
        self.non_finite = len(numbers) - len(finite)
        low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
        edges = _edges(low, high, bins)
        counts = [0.0] * bins
        last = bins - 1
        for number in finite:
            counts[min(bisect_right(edges, number) - 1, last)] += 1.0
        return counts, edges

    def _check(self) -> None:
        edges, counts = self.edges, self.counts
        if len(edges) != len(counts) + 1 or not 1 <= len(counts) <= MAX_BINS:
            raise UsageError(f"a histogram has 1 to {MAX_BINS} counts and one edge more; here {len(counts)} and {len(edges)}")
        if not all(map(math.isfinite, edges)) or any(a >= b for a, b in zip(edges, edges[1:])):
            raise UsageError("the edges of a histogram must be finite and rise strictly")
        if not all(math.isfinite(count) and count >= 0 for count in counts):
            raise UsageError("the counts of a histogram must be finite and not negative")


def _edges(low: float, high: float, bins: int) -> List[float]:
    """Equal bins from low to high, widened where the doubles between them do not suffice."""
    least = max(abs(low), abs(high), 1e-290) * (bins * 1e-14)
    if low == high:
        low, high = low - max(0.5, least), high + max(0.5, least)
    elif high / 2 - low / 2 < least / 2:
        low, high = low - least, high + least
    low, high = max(low, -sys.float_info.max), min(high, sys.float_info.max)
    return [low * (1 - index / bins) + high * (index / bins) for index in range(bins)] + [high]


def _numbers(values: Iterable[Any]) -> Iterable[float]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _numbers(value)
        elif isinstance(value, (int, float)):
            yield float(value)
        elif hasattr(value, "tolist"):
            inner = value.tolist()
            yield from _numbers(inner if isinstance(inner, list) else [inner])
        else:
            yield float(value)
