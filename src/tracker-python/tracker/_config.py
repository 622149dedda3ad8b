"""`run.config` and `run.summary`: dictionaries that also answer to attributes, as training scripts expect."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, MutableMapping

from ._values import to_mapping

_Changed = Callable[[str], None]


class _Attributes(MutableMapping[str, Any]):
    """A dictionary whose keys are attributes too."""

    def __init__(self, changed: _Changed) -> None:
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_changed", changed)

    _values: Dict[str, Any]
    _changed: _Changed

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[str(key)] = value
        self._changed(str(key))

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        self._changed(key)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") or key in ("_values", "_source"):  # Copying and pickling look before anything is there.
            raise AttributeError(key)
        try:
            return self[key]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no {key!r}") from None

    def __setattr__(self, key: str, value: Any) -> None:
        self[key] = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)!r})"

    def update(self, *others: Any, **values: Any) -> None:
        """Takes mappings, `argparse.Namespace`s and dataclasses. wandb's ``allow_val_change`` is accepted and has no meaning here."""
        values.pop("allow_val_change", None)
        for other in (*others, values):
            for key, value in to_mapping(other).items():
                self[str(key)] = value


class Config(_Attributes):
    """What the run was started with. A change is sent to the server."""


class Summary(_Attributes):
    """The last value of every series, and what the script sets itself, which is sent to the run as a note when it finishes."""

    def __init__(self, changed: _Changed, source: Callable[[], Dict[str, Any]]) -> None:
        object.__setattr__(self, "_changed", changed)
        object.__setattr__(self, "_source", source)

    _source: Callable[[], Dict[str, Any]]

    @property
    def _values(self) -> Dict[str, Any]:  # type: ignore[override]
        return self._source()
