"""Looks at one forward pass: what each layer gives out, which units are dead or saturated, how sharp attention is, how large the logits."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from ._pack import Pack, histogram

_RELU = {torch.relu, torch.relu_, functional.relu, functional.relu6, torch.Tensor.relu, torch.Tensor.relu_}
_TANH = {torch.tanh, functional.tanh, torch.Tensor.tanh, functional.hardtanh}
_SIGMOID = {torch.sigmoid, functional.sigmoid, torch.Tensor.sigmoid, functional.hardsigmoid}
_OTHERS = {functional.gelu, functional.silu, functional.elu, functional.leaky_relu, functional.selu, functional.mish, functional.softplus}
_SOFTMAX = {torch.softmax, functional.softmax, torch.Tensor.softmax}
_FUSED = getattr(functional, "scaled_dot_product_attention", None)
_MOST = 1 << 22  # Elements of an activation that are looked at; of larger ones the first samples.

Log = Callable[[str, float], None]


class ForwardLook:
    """Between `begin` and `end` of one forward pass. Layers are the modules that hold parameters themselves; what an activation function
    gives out belongs to the layer before it, whether it is a module or a function."""

    def __init__(self, root: Any, pack: Pack, log: Log, log_histogram: Optional[Callable[[str, List[float]], None]], wanted: Callable[[str], bool]) -> None:
        self._pack = pack
        self._log = log
        self._log_histogram = log_histogram
        self._wanted = wanted
        self._handles: List[Any] = []
        self._stack: List[str] = []
        self._layer = ""
        self._outputs: Dict[str, Any] = {}
        self._heads: Dict[str, List[Any]] = {}
        self._mode = _Functions(self)
        for name, module in root.named_modules():
            if module is root and name == "" and next(iter(module.children()), None) is not None:
                continue
            self._handles.append(module.register_forward_pre_hook(self._entering(name)))
            self._handles.append(module.register_forward_hook(self._leaving(name, next(iter(module.parameters(recurse=False)), None) is not None)))
        self._mode.__enter__()

    def end(self, output: Any) -> None:
        self.cancel()
        for name, tensor in self._outputs.items():
            self._measure(name, tensor)
        for name, entropies in self._heads.items():
            self._put(f"attention_entropy/{name}", torch.stack(entropies).mean())
        logits = logits_of(output)
        if logits is not None and logits.dim() > 0 and logits.numel() > 1:
            self._put("logit_max", logits.detach().abs().amax())

    def cancel(self) -> None:
        """Takes the hooks off again."""
        if self._mode is not None:
            self._mode.__exit__(None, None, None)
            self._mode = None  # type: ignore[assignment]
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _entering(self, name: str) -> Callable[..., None]:
        def enter(*_: Any) -> None:
            self._stack.append(name)

        return enter

    def _leaving(self, name: str, is_layer: bool) -> Callable[..., None]:
        def leave(_: Any, __: Any, output: Any) -> None:
            if self._stack and self._stack[-1] == name:
                self._stack.pop()
            if is_layer:
                self._layer = name or "model"
                self._keep(output)

        return leave

    def _keep(self, output: Any) -> None:
        tensor = first_tensor(output)
        if tensor is not None and tensor.is_floating_point() and tensor.numel() > 1 and self._wanted(self._layer):
            self._outputs[self._layer] = tensor.detach()

    def saw(self, function: Any, arguments: Tuple[Any, ...], options: Dict[str, Any], output: Any) -> None:
        """A function of an activation or of attention was called."""
        if function is _FUSED:
            self._attend(fused_weights(*arguments, **options))
        elif function in _SOFTMAX:
            if _looks_like_attention(arguments, options, output):
                self._attend(output)
        elif self._layer and isinstance(output, torch.Tensor) and self._wanted(self._layer):
            self._keep(output)
            tensor = _cut(output.detach())
            if function in _RELU and tensor.dim() > 1:
                units = 1 if tensor.dim() == 4 else -1  # Channels of an image; else the last dimension.
                highest = tensor.transpose(0, units).reshape(tensor.shape[units], -1).amax(1)
                self._put(f"dead_fraction/{self._layer}", (highest <= 0).to(torch.float32).mean())
            elif function in _TANH:
                self._put(f"saturated_fraction/{self._layer}", (tensor.abs() > 0.99).to(torch.float32).mean())
            elif function in _SIGMOID:
                self._put(f"saturated_fraction/{self._layer}", ((tensor < 0.01) | (tensor > 0.99)).to(torch.float32).mean())

    def _attend(self, weights: Any) -> None:
        if weights is None:
            return
        share = weights.detach()[:4].to(torch.float32)
        self._heads.setdefault(self._stack[-1] if self._stack else "model", []).append(torch.special.entr(share).sum(-1).mean())

    def _measure(self, name: str, tensor: Any) -> None:
        deviation, mean = torch.std_mean(_cut(tensor).to(torch.float32))
        self._put(f"act_mean/{name}", mean)
        self._put(f"act_std/{name}", deviation)
        if self._log_histogram is not None:
            log = self._log_histogram
            self._pack.add(histogram(tensor), lambda numbers: log(f"activations/{name}", numbers))

    def _put(self, name: str, value: Any) -> None:
        self._pack.add(value, lambda numbers: self._log(name, numbers[0]))


class _Functions(TorchFunctionMode):  # type: ignore[misc]
    """Sees the functions that no module hook sees."""

    _watched = _RELU | _TANH | _SIGMOID | _OTHERS | _SOFTMAX | ({_FUSED} if _FUSED is not None else set())

    def __init__(self, look: ForwardLook) -> None:
        super().__init__()
        self._look = look

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if function is functional.multi_head_attention_forward:
            return self._inside_attention(function, args, kwargs)
        output = function(*args, **kwargs)
        if function in self._watched:
            self._tell(function, args, kwargs, output)
        return output

    def _inside_attention(self, function: Any, args: Any, kwargs: Any) -> Any:
        """PyTorch's own attention is one Python function for this mode: what it calls is seen by standing in for it, for this one call."""
        standing = {}
        for name in ("softmax", "scaled_dot_product_attention"):
            inner = getattr(functional, name, None)
            if inner is not None:
                standing[name] = inner
                setattr(functional, name, self._telling(inner))
        try:
            return function(*args, **kwargs)
        finally:
            for name, inner in standing.items():
                setattr(functional, name, inner)

    def _telling(self, inner: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            output = inner(*args, **kwargs)
            self._tell(inner, args, kwargs, output)
            return output

        return call

    def _tell(self, function: Any, args: Any, kwargs: Any, output: Any) -> None:
        try:
            self._look.saw(function, args, kwargs, output)
        except Exception:  # A look must never break the pass.
            pass


def _looks_like_attention(arguments: Tuple[Any, ...], options: Dict[str, Any], output: Any) -> bool:
    dim = options.get("dim", arguments[1] if len(arguments) > 1 else None)
    if not isinstance(output, torch.Tensor) or dim not in (-1, output.dim() - 1) or output.shape[-1] < 2:
        return False
    return bool(output.dim() == 4 or (output.dim() == 3 and output.shape[-1] == output.shape[-2]))


def fused_weights(query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False, **options: Any) -> Any:
    """The weights that `scaled_dot_product_attention` does not give out, of the first samples. None for what is too large to repeat."""
    query, key = query.detach()[:2].to(torch.float32), key.detach()[:2].to(torch.float32)
    if query.dim() != 4 or query.shape[1] != key.shape[1] or query.shape[-2] * key.shape[-2] > 1 << 22:
        return None
    scale = options.get("scale") or query.shape[-1] ** -0.5
    scores = query @ key.transpose(-2, -1) * scale
    if is_causal:
        scores = scores.masked_fill(~torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril(), float("-inf"))
    elif attn_mask is not None:
        mask = attn_mask[:2] if attn_mask.dim() == 4 and attn_mask.shape[0] > 2 else attn_mask
        scores = scores.masked_fill(~mask, float("-inf")) if mask.dtype == torch.bool else scores + mask
    return scores.softmax(-1)


def _cut(tensor: Any) -> Any:
    if tensor.numel() <= _MOST or tensor.dim() < 2:
        return tensor
    return tensor[: max(1, tensor.shape[0] * _MOST // tensor.numel())]


def first_tensor(output: Any) -> Optional[Any]:
    """The first tensor of floating-point numbers in what a module gave: itself, or in a tuple, a list, a mapping or a dataclass."""
    if isinstance(output, torch.Tensor):
        return output if output.is_floating_point() else None
    values = output.values() if hasattr(output, "values") else output if isinstance(output, (tuple, list)) else ()
    for value in values:
        tensor = first_tensor(value)
        if tensor is not None:
            return tensor
    return None


def logits_of(output: Any) -> Optional[Any]:
    """`output.logits` and `output["logits"]`, as Hugging Face gives them, else the first tensor."""
    named = output.get("logits") if isinstance(output, dict) else getattr(output, "logits", None)
    return named if isinstance(named, torch.Tensor) else first_tensor(output)
