"""`watch`: every n steps, the norms, updates and activations of a model's layers."""

from __future__ import annotations

import contextlib
import functools
import math
import re
import time
import types
import weakref
from collections import deque
from statistics import median
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple

import torch

from .._histogram import Histogram, _edges
from ._activations import ForwardLook, first_tensor
from ._pack import BINS, Pack, histogram, norms, sample

_BUDGET = 0.01
_FIRST_EVERY, _LAST_EVERY = 20, 2_000


def watch(run: Any, model: Any, *others: Any, optimizer: Any = None, scaler: Any = None, **options: Any) -> Watch:
    """Starts to watch `model` for `run`; `Run.watch` calls it.

    others: an optimizer and a `GradScaler`, found by what they are; anything else there (wandb's criterion) is left alone.
    every: steps between two looks. Default: as many as keep the cost near 1 % of the time, 20 at first. log_freq: wandb's word for it.
    histograms: every how many looks activations, gradients and weights are binned. Default 10; 0 never.
    layers: a regular expression or a function of a layer's name; default all.
    log: wandb's "gradients", "parameters", "all" and None are taken, and all is logged.

    Without the optimizer there are no update ratios and no rates, and gradients are measured where the backward pass ends (before clipping, as
    with it). Gradients under a `GradScaler` are divided by its scale.
    """
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"{type(model).__name__} is no PyTorch model")
    for other in others:
        if isinstance(other, torch.optim.Optimizer):
            optimizer = other
        elif hasattr(other, "get_scale") and hasattr(other, "unscale_"):
            scaler = other
    return Watch(run, model, optimizer, scaler, options.get("every") or options.get("log_freq"), options.get("histograms", 10), options.get("layers"))


class _Look:
    """One look: what it measured, and of which step it is."""

    def __init__(self) -> None:
        self.pack = Pack()
        self.gradients: Optional[Pack] = None
        self.values: Dict[str, float] = {}
        self.histograms: Dict[str, List[float]] = {}
        self.squares: Dict[str, Dict[str, List[float]]] = {}
        self.binned = False
        self.forward: Optional[ForwardLook] = None
        self.parameters: List[Tuple[str, Any]] = []
        self.before: List[Any] = []
        self.count = 0

    def square(self, kind: str, layer: str) -> Callable[[List[float]], None]:
        return lambda numbers: self.squares.setdefault(kind, {}).setdefault(layer, []).append(numbers[0] * numbers[0])

    def put(self, name: str, value: float) -> None:
        self.values[name] = value


class Watch:
    """Hooks on the model and the optimizer. On steps without a look they cost a few microseconds."""

    def __init__(self, run: Any, model: Any, optimizer: Any, scaler: Any, every: Optional[int], histograms: int, layers: Any) -> None:
        self.model = model
        self._run = run
        self._root = model.module if type(model).__name__ in ("DistributedDataParallel", "DataParallel") else getattr(model, "_orig_mod", model)
        self._compiled = self._root is not model and hasattr(model, "_orig_mod")
        self._optimizer, self._scaler = optimizer, scaler
        self._fixed = every is not None
        self.every = max(int(every), 1) if every is not None else _FIRST_EVERY
        self._histograms = histograms
        self._wanted: Callable[[str], bool] = layers if callable(layers) else (lambda name: re.search(layers, name) is not None) if layers else lambda _: True
        self._looks = 0
        self._count = 0 if optimizer is not None else -1  # Steps that are over: told by the optimizer, else by the next forward pass.
        self._next = 0
        self._look: Optional[_Look] = None
        self._waiting: List[_Look] = []
        self._closed = False
        self.seconds = self._spent = 0.0  # In here: in all, and since the last look.
        self._gaps: Deque[float] = deque(maxlen=33)
        self._last_end = 0.0
        self._between = True
        self._seen, self._seen_of, self._stride = -1, 0, 1.0
        forward = self._root if not self._compiled else model
        self._handles = [
            forward.register_forward_pre_hook(_Hook(self, "_before_forward")),
            forward.register_forward_hook(_Hook(self, "_after_forward")),
        ]
        self._step: Optional[Callable[..., Any]] = None
        self._stepped: Any = None
        if optimizer is not None:
            self._wrap(optimizer)

    def close(self) -> None:
        """Takes everything off and logs what was measured last."""
        self._closed = True
        for handle in self._handles:
            handle.remove()
        if self._step is not None and self._optimizer.__dict__.get("step") is self._step:
            del self._optimizer.__dict__["step"]
            if self._stepped is not None:
                self._optimizer.step = self._stepped
        look, self._look = self._look, None  # A pass without a step of the optimizer is no step.
        if look is not None and look.forward is not None:
            look.forward.cancel()
        self._follow_steps(self._count - (1 if self._optimizer is not None and self._between else 0))
        self._log_ready(wait=True)

    def _wrap(self, optimizer: Any) -> None:
        self._stepped = optimizer.__dict__.get("step")
        inner, watching = optimizer.step, weakref.ref(self)

        @functools.wraps(inner)
        def step(_: Any, *args: Any, **kwargs: Any) -> Any:
            watch = watching()
            if watch is None or watch._closed:
                return inner(*args, **kwargs)
            watch._guard(watch._before_step)
            result = inner(*args, **kwargs)
            watch._guard(watch._after_step)
            return result

        # A method as it was: PyTorch's schedulers count its calls, and look for the optimizer behind it.
        self._step = optimizer.step = types.MethodType(step, optimizer)

    def _guard(self, call: Callable[..., None], *arguments: Any) -> None:
        """A mistake in here may cost the look, never the training."""
        began = time.perf_counter()
        try:
            call(*arguments)
        except Exception as error:
            look, self._look = self._look, None
            if look is not None and look.forward is not None:
                look.forward.cancel()
            self._run._once.warn("watch", "watch() could not look at step %d: %s: %s", self._count, type(error).__name__, error)
        spent = time.perf_counter() - began
        self._spent += spent
        self.seconds += spent

    def _before_forward(self, module: Any, _: Any) -> None:
        if not (module.training and torch.is_grad_enabled()):
            return
        if self._look is not None and self._look.forward is not None:
            self._look.forward.cancel()  # A pass that was broken off.
            self._look = None
        if self._optimizer is None:
            self._count += 1
        if self._between:  # The first pass of a step: what was logged since the last one ended was logged of that.
            self._between = False
            self._follow_steps(self._count - 1)
        if self._optimizer is None:
            self._turn()
        if self._look is None and self._count >= self._next:
            self._begin_look()

    def _begin_look(self) -> None:
        look = self._look = _Look()
        look.count = self._count
        look.binned = self._histograms > 0 and self._looks % self._histograms == 0
        self._looks += 1
        look.parameters = [(name, parameter) for name, parameter in _layers(self._root) if self._wanted(name)]
        if not self._compiled:
            keep = look.histograms.__setitem__ if look.binned else None
            look.forward = ForwardLook(self._root, look.pack, look.put, keep, self._wanted)

    def _after_forward(self, _: Any, __: Any, output: Any) -> None:
        look = self._look
        if look is None:
            return
        if look.forward is not None:
            forward, look.forward = look.forward, None
            forward.end(output)
        tensor = first_tensor(output)
        if tensor is not None and tensor.requires_grad:
            tensor.register_hook(_Hook(self, "_backward_begins"))

    def _backward_begins(self, _: Any) -> None:
        torch.autograd.Variable._execution_engine.queue_callback(lambda: self._guard(self._backward_ended))

    def _backward_ended(self) -> None:
        """All gradients of this pass are there, and nobody has clipped them yet. With several passes for a step the last one counts."""
        look = self._look
        if look is None:
            return
        found = [(name, parameter) for name, parameter in look.parameters if parameter.grad is not None]
        scale = getattr(self._scaler, "_scale", None) if self._scaler is not None else None
        pack = look.gradients = Pack()
        for (name, parameter), norm in zip(found, norms([parameter.grad.detach() for _, parameter in found])):
            pack.add(norm / scale.to(norm.device) if scale is not None else norm, look.square("grad_norm", name))
            if look.binned and parameter.dim() > 1 and not parameter.grad.is_sparse:
                pack.add(histogram(parameter.grad), functools.partial(look.histograms.__setitem__, f"grads/{name}"))
        if scale is not None:
            put = look.put
            pack.add(scale, lambda numbers: put("amp/scale", numbers[0]))
        if self._optimizer is None:
            self._measure_parameters(look)
            self._finish_look()

    def _measure_parameters(self, look: _Look) -> None:
        for (name, parameter), norm in zip(look.parameters, norms([parameter.detach() for _, parameter in look.parameters])):
            look.pack.add(norm, look.square("param_norm", name))
            if look.binned and parameter.dim() > 1:
                look.pack.add(histogram(parameter), functools.partial(look.histograms.__setitem__, f"weights/{name}"))

    def _before_step(self) -> None:
        look = self._look
        if look is not None and look.gradients is not None:
            self._measure_parameters(look)
            look.before = [sample(parameter).clone() for _, parameter in look.parameters]

    def _after_step(self) -> None:
        self._follow_steps(self._count)
        look = self._look
        if look is not None and look.gradients is not None:
            after = [sample(parameter) for _, parameter in look.parameters]
            moved = norms([now - then for now, then in zip(after, look.before)])
            for (name, _), change, size in zip(look.parameters, moved, norms(look.before)):
                look.pack.add(change, look.square("moved", name))
                look.pack.add(size, look.square("sampled", name))
            look.before = []
            groups = self._optimizer.param_groups
            for index, group in enumerate(groups):
                look.put(f"lr/group_{index}", float(group["lr"]))
            if len(groups) == 1:
                look.put("lr", float(groups[0]["lr"]))
            self._finish_look()
        self._turn()

    def _finish_look(self) -> None:
        look, self._look = self._look, None
        if look is None:
            return
        if look.forward is not None:
            look.forward.cancel()
        if look.gradients is not None:
            look.pack.join(look.gradients)
        look.pack.send()
        self._waiting.append(look)
        self._next = self._count + self.every

    def _turn(self) -> None:
        """One step is over."""
        now = time.perf_counter()
        self._between = True
        if self._waiting:
            self._log_ready(wait=False)
        elif self._last_end:
            self._gaps.append(now - self._last_end)
        self._last_end = now
        if self._optimizer is not None:
            self._count += 1
        if not self._fixed and self._looks > 1 and len(self._gaps) >= 8 and self._count == self._next:
            self._keep_to_budget()

    def _keep_to_budget(self) -> None:
        """So that the time spent in here since the last look stays near 1 %."""
        share = self._spent / max(self.every * median(self._gaps), 1e-9)
        self._spent = 0.0
        if share > _BUDGET:
            self.every = min(self.every * min(1 << math.ceil(math.log2(share / _BUDGET)), 8), _LAST_EVERY)
            self._next = self._count + self.every

    def _follow_steps(self, of: int) -> None:
        """Learns how the script counts: its steps may be ours, a multiple of them, or epochs. of: our step to which belongs what was logged since."""
        last = self._run._last
        if last != self._seen:
            if self._seen >= 0 and of > self._seen_of:
                self._stride = (last - self._seen) / (of - self._seen_of)
            self._seen, self._seen_of = last, of

    def _step_of(self, look: _Look) -> int:
        if self._seen < 0:
            return look.count
        return max(self._seen + math.floor((look.count - self._seen_of) * self._stride + 1e-9), 0)

    def _log_ready(self, wait: bool) -> None:
        """Logs the looks of earlier steps: by now the script has said which step they belong to."""
        for look in list(self._waiting):
            if not wait and look.count == self._count and self._optimizer is not None:
                continue
            if look.pack.read(wait):
                self._waiting.remove(look)
                self._log(look)

    def _log(self, look: _Look) -> None:
        values, squares = look.values, look.squares
        for kind in ("grad_norm", "param_norm"):
            layers = squares.get(kind, {})
            for layer, parts in layers.items():
                values[f"{kind}/{layer}"] = math.sqrt(sum(parts))
            if layers:
                values[f"{kind}/total"] = math.sqrt(sum(sum(parts) for parts in layers.values()))
        for layer, parts in squares.get("moved", {}).items():
            size = math.sqrt(sum(squares["sampled"][layer]))
            if size > 0:
                values[f"update_ratio/{layer}"] = math.sqrt(sum(parts)) / size
        known = self._run._known
        step = self._step_of(look)
        self._run._log_own({name: value for name, value in values.items() if name not in known}, step)
        for name, numbers in look.histograms.items():
            low, high, counts = numbers[0], numbers[1], numbers[2:]
            if len(counts) == BINS and math.isfinite(low) and math.isfinite(high) and sum(counts) > 0:
                self._run._log_own_histogram(name, Histogram(np_histogram=(counts, _edges(low, high, BINS))), step)


def _layers(root: Any) -> List[Tuple[str, Any]]:
    """(layer, parameter) of all that are trained, a layer being the module that holds the parameter; each parameter once."""
    found, seen = [], set()
    for name, module in root.named_modules():
        for parameter in module.parameters(recurse=False):
            if parameter.requires_grad and parameter.numel() > 0 and id(parameter) not in seen:
                seen.add(id(parameter))
                found.append((name or "model", parameter))
    return found


def _nothing(*_: Any) -> None:
    """What a hook becomes in a copy of the model."""


class _Hook:
    """A hook that a deep copy or a checkpoint of the model leaves behind."""

    def __init__(self, watch: Watch, method: str) -> None:
        self._watch = weakref.ref(watch)
        self._method = method

    def __call__(self, *arguments: Any) -> None:
        watch = self._watch()
        if watch is not None and not watch._closed:
            watch._guard(getattr(watch, self._method), *arguments)

    def __deepcopy__(self, _: Any) -> Any:
        return _nothing

    def __reduce__(self) -> Any:
        # A checkpoint that can be read where this package is not: a standard function that takes anything and gives None.
        return getattr, (contextlib.nullcontext(), "__exit__")
