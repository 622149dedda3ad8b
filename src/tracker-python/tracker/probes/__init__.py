"""Probes: what only the training process can see, told to the run as events that the analyzer judges (docs/probes.md).

Plain functions. Those that look into models know PyTorch, imported by the script, not by them; the others take numbers, lists and functions of any
library. Each tells the current run, or the one given as `run`; without a run it only gives its result.
"""

from ._arrays import Facts, facts
from ._checklist import Card, Point, checklist, hash_of, rank_hash, sample_hashes
from ._classes import Bin, Classification, classification
from ._curvature import GradientStatistics, Sharpness, gradient_statistics, hessian_top_eigenvalue, noise_scale, sharpness
from ._gradients import GradientRow, clip_grad_norm, clip_grad_value, gradient_table
from ._learning import LrCurve, Overfit, first_step, grads_reach, loss_at_start, lr_finder, output_shape, overfit_one_batch
from ._modes import check_mode, eval_mode, train_mode
from ._monitor import EarlyStop, TrainingMonitor, log_health
from ._nonfinite import BatchFacts, NanTrace, NonFinite, StepGuard, anomaly_mode, check_batch, find_nonfinite, hunt_nan

__all__ = [
    "BatchFacts", "Bin", "Card", "Classification", "EarlyStop", "Facts", "GradientRow", "GradientStatistics", "LrCurve", "NanTrace", "NonFinite",
    "Overfit", "Point", "Sharpness", "StepGuard", "TrainingMonitor", "anomaly_mode", "check_batch", "check_mode", "checklist", "classification",
    "clip_grad_norm", "clip_grad_value", "eval_mode", "facts", "find_nonfinite", "first_step", "gradient_statistics", "gradient_table", "grads_reach",
    "hash_of", "hessian_top_eigenvalue", "hunt_nan", "log_health", "loss_at_start", "lr_finder", "noise_scale", "output_shape", "overfit_one_batch",
    "rank_hash", "sample_hashes", "sharpness", "train_mode",
]
