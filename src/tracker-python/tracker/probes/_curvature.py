"""How curved the loss is, and how noisy its gradient."""

from __future__ import annotations

import math
import random as standard_random
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, MutableSequence, Optional

from ._report import is_tensor, log, report, torch_or_none
from ._state import first, loss_of, restored, to_device


@dataclass
class Sharpness:
    """base: the loss. perturbed: its mean under random steps. ratio: relative rise, (perturbed − base) / |base|."""

    base: float
    perturbed: float
    ratio: float


def sharpness(
    loss: Callable[[], Any], parameters: Iterable[Any], epsilon: float = 0.05, samples: int = 20, seed: int = 0, step: Optional[int] = None, run: Any = None,
) -> Sharpness:
    """How much the loss rises when every parameter is moved by `epsilon` of its own norm in a random direction. Event `sharpness`.

    loss: gives the loss of fixed batches, in evaluation mode (a tensor or a number). parameters: tensors, or lists of numbers that `loss` reads and that
    are changed in place. All are afterwards what they were. A ratio above 0.1 is sharp.
    """
    kept = list(parameters)
    tensors = bool(kept) and is_tensor(kept[0])
    base = _value(loss, tensors)
    total = 0.0
    for number in range(samples):
        total += _perturbed(loss, kept, epsilon, seed * 1_000_003 + number, tensors)
    perturbed = total / max(samples, 1)
    found = Sharpness(base, perturbed, (perturbed - base) / (abs(base) + 1e-8))
    report(run, "sharpness", {"base": base, "perturbed": perturbed, "ratio": found.ratio, "epsilon": epsilon, "samples": samples}, step)
    return found


def _value(loss: Callable[[], Any], tensors: bool) -> float:
    if not tensors:
        return float(loss())
    with torch_or_none().no_grad():
        return float(loss())


def _perturbed(loss: Callable[[], Any], parameters: List[Any], epsilon: float, seed: int, tensors: bool) -> float:
    if not tensors:
        return _perturbed_lists(loss, parameters, epsilon, seed)
    torch = torch_or_none()
    before = [parameter.detach().clone() for parameter in parameters]
    try:
        with torch.no_grad():
            for index, parameter in enumerate(parameters):
                generator = torch.Generator(device=parameter.device).manual_seed(seed + 7919 * index)
                noise = torch.empty_like(parameter).normal_(generator=generator)
                parameter.add_(noise * (epsilon * parameter.norm() / (noise.norm() + 1e-12)))
        return _value(loss, True)
    finally:
        with torch.no_grad():
            for parameter, old in zip(parameters, before):
                parameter.copy_(old)


def _perturbed_lists(loss: Callable[[], Any], parameters: List[MutableSequence[float]], epsilon: float, seed: int) -> float:
    numbers, before = standard_random.Random(seed), [list(parameter) for parameter in parameters]
    try:
        for parameter in parameters:
            noise = [numbers.gauss(0, 1) for _ in parameter]
            size = epsilon * math.sqrt(sum(value * value for value in parameter)) / (math.sqrt(sum(value * value for value in noise)) + 1e-12)
            for index, value in enumerate(noise):
                parameter[index] += size * value
        return float(loss())
    finally:
        for parameter, old in zip(parameters, before):
            for index, value in enumerate(old):
                parameter[index] = value


def hessian_top_eigenvalue(
    loss: Callable[[], Any], parameters: Iterable[Any], iterations: int = 20, tolerance: float = 1e-3, lr: Optional[float] = None, seed: int = 0,
    step: Optional[int] = None, run: Any = None,
) -> float:
    """The Hessian's eigenvalue of greatest size, by power iteration on Hessian-vector products (Yao et al. 2020, PyHessian). Event `hessian-top-eig`.

    loss: gives the loss as a tensor with its graph; it must be twice differentiable. Stops after `iterations`, or when the value changes by less than
    `tolerance` of itself. With the rate `lr`, a product above 2 is the edge of stability. Gradients of the parameters are left as they are.
    """
    torch = torch_or_none()
    kept = [parameter for parameter in parameters if parameter.requires_grad]
    generator = torch.Generator().manual_seed(seed)
    vector = [torch.randn(parameter.shape, generator=generator).to(parameter) for parameter in kept]
    value, done = math.nan, 0
    with torch.enable_grad():
        gradients = torch.autograd.grad(loss(), kept, create_graph=True, allow_unused=True)
    for done in range(1, iterations + 1):
        size = math.sqrt(sum(float((part * part).sum()) for part in vector))
        if size == 0 or not math.isfinite(size):
            break
        vector = [part / size for part in vector]
        product = sum((gradient * part).sum() for gradient, part in zip(gradients, vector) if gradient is not None)
        moved = torch.autograd.grad(product, kept, retain_graph=True, allow_unused=True)
        moved = [torch.zeros_like(part) if image is None else image.detach() for image, part in zip(moved, vector)]
        before, value = value, float(sum((image * part).sum() for image, part in zip(moved, vector)))  # Rayleigh quotient
        vector = moved
        if abs(value - before) <= tolerance * abs(value):
            break
    data: Dict[str, Any] = {"eigenvalue": value, "iterations": done}
    if lr is not None:
        data["lr"] = float(lr)
    report(run, "hessian-top-eig", data, step)
    return value


@dataclass
class GradientStatistics:
    """fisher: mean of squared gradients of single samples, by parameter (the diagonal of the empirical Fisher information).
    trace: sum of the Fisher over all parameters. noise_scale: the batch size above which larger batches bring little; NaN where it cannot be told."""

    fisher: Dict[str, Any]
    trace: float
    noise_scale: float


def gradient_statistics(
    model: Any, loss_fn: Any, batches: Iterable[Any], samples: int = 64, step: Optional[int] = None, run: Any = None,
) -> GradientStatistics:
    """Diagonal Fisher information and the simple noise scale tr(Σ)/|G|² (McCandlish et al. 2018) from the gradients of single samples.

    samples: how many are taken from the batches of (inputs, targets). Events `fisher` (by parameter, the 50 largest) and `gradient-noise-scale`.
    Gradients and random numbers are afterwards as they were; the mode is evaluation, so that samples do not touch each other.
    """
    torch = torch_or_none()
    squares: Dict[str, Any] = {}
    sums: Dict[str, Any] = {}
    count, total = 0, 0.0
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    with restored(model), torch.enable_grad():
        model.eval()
        for batch in first(batches, samples):
            inputs, targets = to_device(model, batch)[:2]
            for index in range(min(len(inputs), samples - count)):
                loss = loss_of(model, loss_fn, (inputs[index : index + 1], targets[index : index + 1]))
                gradients = torch.autograd.grad(loss, [parameter for _, parameter in named], allow_unused=True)
                for (name, _), gradient in zip(named, gradients):
                    if gradient is not None:
                        squares[name] = squares.get(name, 0.0) + gradient * gradient
                        sums[name] = sums.get(name, 0.0) + gradient
                        total += float((gradient * gradient).sum())
                count += 1
            if count >= samples:
                break
    noise = noise_scale(1, total / max(count, 1), count, sum(float((value * value).sum()) for value in sums.values()) / max(count * count, 1))
    fisher = {name: value / max(count, 1) for name, value in squares.items()}
    means = sorted(((float(value.mean()), name) for name, value in fisher.items()), reverse=True)
    report(run, "fisher", {"samples": count, "trace": total / max(count, 1), "mean": {name: value for value, name in means[:50]}}, step)
    report(run, "gradient-noise-scale", {"scale": noise, "samples": count}, step)
    if math.isfinite(noise):
        log(run, {"gradient_noise_scale": noise}, step)
    return GradientStatistics(fisher, total / max(count, 1), noise)


def noise_scale(small: int, small_square: float, large: int, large_square: float) -> float:
    """The simple noise scale from the squared gradient norms of two batch sizes (McCandlish et al. 2018, appendix A.1)."""
    if large <= small:
        return math.nan
    signal = (large * large_square - small * small_square) / (large - small)
    noise = (small_square - large_square) / (1.0 / small - 1.0 / large)
    return noise / signal if signal > 0 else math.nan

