"""Turns what training scripts log into finite or non-finite doubles, and what they configure into JSON."""

from __future__ import annotations

import dataclasses
import math
import operator
from typing import Any, Mapping, Optional

MAX_STEP = 1 << 53
MAX_NAME = 512
_DEPTH = 16


def to_number(value: Any) -> Optional[float]:
    """A double, or None if `value` is not one number. Scalars of numpy, torch and others come by ``.item()``."""
    if isinstance(value, (float, int)):  # bool is an int
        return _to_float(value)
    item = getattr(value, "item", None)
    if callable(item):
        try:
            value = item()
        except Exception:  # More than one element, or a tensor without storage.
            return None
    if isinstance(value, (str, bytes, complex)) or not hasattr(value, "__float__"):
        return None
    return _to_float(value)


def _to_float(value: Any) -> Optional[float]:
    try:
        return float(value)
    except Exception:  # An int beyond double, or a type whose conversion fails.
        return None


def to_step(value: Any) -> Optional[int]:
    """An integer within ±2^53, or None. A float that is whole counts, as do numpy's and torch's integers."""
    try:
        step = operator.index(value)
    except TypeError:
        number = to_number(value)
        if number is None or not math.isfinite(number) or not number.is_integer():
            return None
        step = int(number)
    return step if -MAX_STEP <= step <= MAX_STEP else None


def is_name(name: str) -> bool:
    """Whether the server takes `name` for a series: 1 to 512 UTF-16 units of valid text without control characters."""
    # Without the codec of UTF-16: Python would import it here, and a fork at that moment leaves the child with a locked module.
    units = len(name) + sum(character > "\uffff" for character in name)
    return 0 < units <= MAX_NAME and min(name) >= " " and not any("\ud800" <= character <= "\udfff" for character in name)


def clean_text(text: Any, limit: int) -> str:
    """Text that is valid UTF-8 without U+0000, which databases do not take, at most `limit` characters."""
    return str(text)[:limit].replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def to_json(value: Any, depth: int = 0) -> Any:
    """JSON for configs and events: what JSON has is kept, non-finite numbers become strings, anything else its `str`."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean_text(value, 1 << 20)
    if isinstance(value, int):
        return int(value) if abs(value) <= MAX_STEP else str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _name_of(value)
    if depth < _DEPTH:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        if isinstance(value, Mapping):
            return {clean_text(key, MAX_NAME): to_json(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [to_json(item, depth + 1) for item in value]
    number = to_number(value)
    if number is not None:
        return to_json(int(number) if number.is_integer() and hasattr(value, "__index__") else number)
    return clean_text(value, 10_000)


def _name_of(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def to_mapping(value: Any) -> Mapping[str, Any]:
    """A config given as a mapping, an `argparse.Namespace`, a dataclass, or anything with attributes."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return dict(vars(value))
