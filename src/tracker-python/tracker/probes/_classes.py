"""Per-class accuracy and calibration, from predictions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, List, Optional, Sequence

from ._arrays import rows, whole
from ._report import log, report


@dataclass
class Bin:
    """Of a reliability diagram: predictions with a confidence from low to high. confidence, accuracy: their means."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass
class Classification:
    """accuracy: of all. by_class: of the samples of each class; None where there was none. ece: expected calibration error. bins: reliability."""

    accuracy: float
    by_class: List[Optional[float]]
    ece: float
    bins: List[Bin]


def classification(
    outputs: Any, targets: Any, logits: bool = True, bins: int = 15, prefix: str = "val", step: Optional[int] = None, run: Any = None,
) -> Classification:
    """Judges predictions of one evaluation. outputs: a row of logits (or, with logits=False, of probabilities) a sample; targets: the classes.

    Logs `val/accuracy`, `val/acc_class_<k>`, `val/ece`, and the event `calibration` with the bins. The calibration error is the mean gap between
    confidence and accuracy over `bins` bins of equal width (Guo et al. 2017).
    """
    shares = [softmax(row) if logits else row for row in rows(outputs)]
    labels = whole(targets)
    classes = max((len(row) for row in shares), default=0)
    hits, seen = [0] * classes, [0] * classes
    found: List[List[float]] = [[0.0, 0.0, 0.0] for _ in range(bins)]  # Count, sum of confidences, hits.
    for row, label in zip(shares, labels):
        confidence = max(row)
        hit = row.index(confidence) == label
        if 0 <= label < classes:
            seen[label] += 1
            hits[label] += hit
        if confidence == confidence:
            place = found[min(int(confidence * bins), bins - 1)]
            place[0] += 1
            place[1] += confidence
            place[2] += hit
    result = Classification(
        sum(hits) / len(labels) if labels else math.nan,
        [hits[k] / seen[k] if seen[k] else None for k in range(classes)],
        sum(abs(place[2] - place[1]) for place in found) / len(labels) if labels else math.nan,
        [Bin(k / bins, (k + 1) / bins, int(n), c / n, h / n) for k, (n, c, h) in enumerate(found) if n])
    values = {f"{prefix}/acc_class_{k}": value for k, value in enumerate(result.by_class) if value is not None}
    log(run, {f"{prefix}/accuracy": result.accuracy, f"{prefix}/ece": result.ece, **values}, step)
    report(run, "calibration", {
        "ece": result.ece, "samples": len(labels), "bins": [[b.low, b.high, b.count, b.confidence, b.accuracy] for b in result.bins]}, step)
    return result


def softmax(row: Sequence[float]) -> List[float]:
    top = max(row)
    powers = [math.exp(value - top) if value == value and top < math.inf else math.nan for value in row]
    total = sum(powers)
    return [power / total for power in powers]
