"""Gradients by layer, and clipping that tells what it did."""

from __future__ import annotations

import math
from typing import Any, Iterable, List, Mapping, NamedTuple, Optional, Union

from ._arrays import flat
from ._report import is_model, is_tensor, log, torch_or_none


class GradientRow(NamedTuple):
    """norm: L2; None where there is no gradient. status: NO GRAD, VANISHING, EXPLODING or OK."""

    name: str
    norm: Optional[float]
    status: str


def gradient_table(
    model: Any, vanishing: float = 1e-6, exploding: float = 10.0, show: bool = True, step: Optional[int] = None, run: Any = None,
) -> List[GradientRow]:
    """The gradient norm of every parameter, after the backward pass and before the optimizer's step; printed as a table, logged as `grad_norm/<name>`.

    model: a PyTorch module, or a mapping of names to gradients (None for none). A norm of exactly 0 or none is NO GRAD, below `vanishing` VANISHING,
    above `exploding`, or not finite, EXPLODING.
    """
    gradients: Mapping[str, Any] = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.requires_grad} if is_model(model) else model
    table = []
    for name, gradient in gradients.items():
        norm = None if gradient is None else norm_of(gradient)
        status = "NO GRAD" if not norm else "EXPLODING" if not norm <= exploding else "VANISHING" if norm < vanishing else "OK"
        table.append(GradientRow(name, norm, status))
    if show:
        print(format_table(table))
    log(run, {f"grad_norm/{row.name}": row.norm for row in table if row.norm is not None}, step)
    return table


def format_table(table: List[GradientRow]) -> str:
    width = max([len(row.name) for row in table] + [5])
    lines = [f"{'layer':<{width}}  {'grad norm':>12}  status", "-" * (width + 27)]
    lines += [f"{row.name:<{width}}  {'-' if row.norm is None else format(row.norm, '.4e'):>12}  {row.status}" for row in table]
    norms = [row.norm for row in table if row.norm is not None]
    if norms:
        lines.append(f"min {min(norms):.2e}  max {max(norms):.2e}  mean {sum(norms) / len(norms):.2e}")
    return "\n".join(lines)


def norm_of(gradient: Any) -> float:
    if is_tensor(gradient):
        return float(torch_or_none().linalg.vector_norm(gradient.detach().float()))
    if hasattr(gradient, "ravel"):
        numbers = gradient.ravel()
        return math.sqrt(float((numbers * numbers).sum()))
    return math.sqrt(math.fsum(value * value for value in flat(gradient)))


class Clipping:
    """How often clipping took hold. share: of the steps so far."""

    def __init__(self) -> None:
        self.steps = self.active = 0

    @property
    def share(self) -> float:
        return self.active / self.steps if self.steps else 0.0

    def count(self, clipped: bool) -> None:
        self.steps += 1
        self.active += clipped



def clip_grad_norm(
    parameters: Union[Any, Iterable[Any]], max_norm: float, step: Optional[int] = None, run: Any = None,
) -> float:
    """Scales all gradients so that their norm is at most `max_norm`, and gives the norm before. Logs `grad_norm/total`, `clip/threshold`, `clip/active`
    and `clip/share` (of the steps so far).

    parameters: a PyTorch module or its parameters, or lists of numbers (gradients, changed in place). A norm that is not finite is given back as it is,
    and nothing is scaled.
    """
    kept = _parameters(parameters)
    gradients = _gradients(kept)
    norm = _total(gradients)
    if math.isfinite(norm) and norm > max_norm:
        _scale(gradients, max_norm / (norm + 1e-6))
    _tell(run, "norm", norm, max_norm, not norm <= max_norm, step)
    return norm


def clip_grad_value(parameters: Union[Any, Iterable[Any]], clip_value: float, step: Optional[int] = None, run: Any = None) -> float:
    """Cuts every element of the gradients to ±`clip_value`, and gives the share of elements that were cut. Logs the norm before as `grad_norm/total`,
    `clip/threshold`, `clip/active`, `clip/share`, and `clip/elements`, the share of elements."""
    gradients = _gradients(_parameters(parameters))
    norm, count, cut = _total(gradients), 0, 0
    for gradient in gradients:
        if is_tensor(gradient):
            count += gradient.numel()
            cut += int((gradient.abs() > clip_value).sum())
            gradient.clamp_(-clip_value, clip_value)
        elif hasattr(gradient, "clip"):
            count += gradient.size
            cut += int((abs(gradient) > clip_value).sum())
            gradient.clip(-clip_value, clip_value, out=gradient)
        else:
            for index, value in enumerate(gradient):
                count += 1
                cut += abs(value) > clip_value
                gradient[index] = min(max(value, -clip_value), clip_value)
    share = cut / count if count else 0.0
    _tell(run, "value", norm, clip_value, cut > 0, step, {"clip/elements": share})
    return share


def _parameters(parameters: Any) -> List[Any]:
    if is_model(parameters):
        return list(parameters.parameters())
    return [parameters] if is_tensor(parameters) else list(parameters)


def _gradients(parameters: List[Any]) -> List[Any]:
    return [parameter.grad.detach() for parameter in parameters if parameter.grad is not None] if parameters and is_tensor(parameters[0]) else parameters


def _total(gradients: List[Any]) -> float:
    if gradients and is_tensor(gradients[0]):
        torch = torch_or_none()
        device = gradients[0].device
        return float(torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(gradient.float()).to(device) for gradient in gradients])))
    norms = [norm_of(gradient) for gradient in gradients]
    return math.sqrt(sum(norm * norm for norm in norms))


def _scale(gradients: List[Any], factor: float) -> None:
    for gradient in gradients:
        if is_tensor(gradient):
            gradient.mul_(factor)
        elif hasattr(gradient, "ravel"):
            gradient *= factor
        else:
            gradient[:] = [factor * value for value in gradient]


def _tell(run: Any, kind: str, norm: float, threshold: float, clipped: bool, step: Optional[int], more: Optional[Mapping[str, float]] = None) -> None:
    from .. import _session

    target = run if run is not None else _session.current()
    if target is None:
        return
    clipping = target.__dict__.setdefault("_clippings", {}).setdefault(kind, Clipping())
    clipping.count(clipped)
    values = {"grad_norm/total": norm, "clip/threshold": threshold, "clip/active": float(clipped), "clip/share": clipping.share}
    target.log({**values, **(more or {})}, step=step, commit=False)
