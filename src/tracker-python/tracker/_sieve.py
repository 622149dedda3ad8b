"""What of the things that a script logs can be stored: series by their names, numbers by their size."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Mapping, Set, Tuple

from ._histogram import Histogram
from ._values import MAX_STEP, is_name, to_number

_DEPTH = 16
_MAX_KNOWN = 100_000


class Unbinned:
    """Values that `log` is to bin, so that a mistake in them is handled as every other one."""

    __slots__ = ("values",)

    def __init__(self, values: Any) -> None:
        self.values = values


class Sieve:
    """leave_out(key, message, count): is told of what cannot be stored, with a key by which it is said once.

    names: of the series so far. last: the last value of each.
    """

    def __init__(self, leave_out: Callable[[str, str, int], None]) -> None:
        self.names: Set[str] = set()
        self.last: Dict[str, Any] = {}
        self._leave_out = leave_out

    def split(self, data: Mapping[str, Any]) -> Tuple[Dict[str, float], List[Tuple[str, Histogram]]]:
        """The way of what is not all plain numbers: those that are some, and histograms. A tensor on a GPU is fetched."""
        values: Dict[str, float] = {}
        histograms: List[Tuple[str, Histogram]] = []
        for name, value in _flat(data, 0):
            if isinstance(value, Unbinned):
                value = Histogram(value.values)
            if isinstance(value, Histogram):
                if self._is_series(str(name)):
                    histograms.append((str(name), value))
                continue
            number = to_number(value)
            if number is None:
                self._refuse(name, value)
            else:
                values[name] = number
        return values, histograms

    def sift(self, values: Dict[str, float]) -> Dict[str, float]:
        """A row of plain numbers as it is stored. Called by the buffer, usually beside the training."""
        try:
            if not self.names.issuperset(values) or int in set(map(type, values.values())):
                values = dict(self._storable(values))
            self.last.update(values)
            return values
        except Exception as error:  # Keys may be of any type, and do anything.
            self._leave_out("log", f"log() could not use its arguments: {type(error).__name__}: {error}", 1)
            return {}

    def _storable(self, values: Dict[str, float]) -> Iterator[Tuple[str, float]]:
        for key, value in values.items():
            name = key if type(key) is str else str(key)
            if not self._is_series(name):
                continue
            number = value if type(value) is float or -MAX_STEP <= value <= MAX_STEP else to_number(value)
            if number is None:
                self._refuse(name, value)
            else:
                yield name, number

    def _is_series(self, name: str) -> bool:
        if name in self.names:
            return True
        if not is_name(name):
            self._leave_out("name", f"{name[:60]!r} cannot be the name of a series (1 to 512 characters of valid text); left out", 1)
            return False
        if len(self.names) < _MAX_KNOWN:
            self.names.add(name)
        return True

    def _refuse(self, name: Any, value: Any) -> None:
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        self._leave_out(f"value {kind}", f"{name!r} is a {kind}, neither one number nor a tracker.Histogram; such values are left out", 1)


def _flat(data: Mapping[str, Any], depth: int) -> Iterator[Tuple[Any, Any]]:
    for name, value in data.items():
        if not isinstance(value, Mapping):
            yield name, value
        elif depth < _DEPTH:
            for key, inner in _flat(value, depth + 1):
                yield f"{name}/{key}", inner
