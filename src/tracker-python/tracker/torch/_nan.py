"""Hooks that find the first module, and the first operation, that gives NaN or infinity."""

from __future__ import annotations

from typing import Any, Callable, Iterator, List, Mapping, Optional

import torch
from torch.overrides import TorchFunctionMode

# Making -inf on purpose: masks of attention, empty tensors, …
_MEANT = {"masked_fill", "masked_fill_", "full", "full_like", "fill_", "empty", "empty_like", "new_full", "where", "__getitem__", "__setitem__", "tril", "triu", "detach", "to", "add"}


class NanHooks:
    """On every module of `model` until `remove`. `trace` is filled by the first find; later ones follow from it."""

    def __init__(self, model: Any, trace: Any, operations: bool) -> None:
        self._trace = trace
        self._handles: List[Any] = []
        self._stack: List[str] = []
        # PyTorch refuses backward hooks beside modules that change what they are given.
        backward = not any(getattr(module, "inplace", False) for module in model.modules())
        for name, module in model.named_modules():
            self._handles.append(module.register_forward_pre_hook(self._entering(name)))
            self._handles.append(module.register_forward_hook(self._leaving(name or type(module).__name__)))
            if backward and next(iter(module.children()), None) is None:
                self._handles.append(module.register_full_backward_hook(self._backward(name or type(module).__name__)))
        self._mode: Optional[_Operations] = _Operations(self) if operations else None
        if self._mode is not None:
            self._mode.__enter__()

    def remove(self) -> None:
        if self._mode is not None:
            self._mode.__exit__(None, None, None)
        for handle in self._handles:
            handle.remove()

    def _entering(self, name: str) -> Callable[..., None]:
        return lambda *_: self._stack.append(name)

    def _leaving(self, name: str) -> Callable[..., None]:
        def leave(module: Any, inputs: Any, output: Any) -> None:
            if self._stack:
                self._stack.pop()
            # An outer module ends after its inner ones: the first to end with a bad output is the innermost.
            if self._trace.module is None and not all_finite(output):
                self._trace.module, self._trace.direction = f"{name} ({type(module).__name__})", "forward"
                self._trace.inputs_nonfinite = not all_finite(inputs)

        return leave

    def _backward(self, name: str) -> Callable[..., None]:
        def backward(module: Any, given: Any, received: Any) -> None:
            if self._trace.module is None and not all_finite(given):
                self._trace.module, self._trace.direction = f"{name} ({type(module).__name__})", "backward"
                self._trace.inputs_nonfinite = not all_finite(received)

        return backward

    def saw(self, function: Any, arguments: Any, options: Mapping[str, Any], output: Any) -> None:
        name = getattr(function, "__name__", str(function))
        if self._trace.operation is not None or name in _MEANT or name.startswith("_") or all_finite(output):
            return
        inputs = [tensor for tensor in tensors((arguments, options)) if tensor.is_floating_point()]
        if not inputs or not all_finite(inputs):
            return  # It passed on what it was given.
        self._trace.operation = name
        low, high = min(float(tensor.min()) for tensor in inputs if tensor.numel()), max(float(tensor.max()) for tensor in inputs if tensor.numel())
        count = sum(int((~torch.isfinite(tensor)).sum()) for tensor in tensors(output))
        self._trace.told = {"op": name, "module": self._stack[-1] if self._stack else "", "input_min": low, "input_max": high, "count": count}


class _Operations(TorchFunctionMode):  # type: ignore[misc]
    def __init__(self, hooks: NanHooks) -> None:
        super().__init__()
        self._hooks = hooks

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = function(*args, **(kwargs or {}))
        try:
            self._hooks.saw(function, args, kwargs or {}, output)
        except Exception:  # The look must not break the pass.
            pass
        return output


def tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from tensors(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors(item)


def all_finite(value: Any) -> bool:
    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors(value) if tensor.is_floating_point())
