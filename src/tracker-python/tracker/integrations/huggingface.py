"""A callback for Hugging Face's `Trainer` (interface of transformers 4.46).

    trainer = Trainer(..., args=TrainingArguments(..., report_to=[]), callbacks=[TrackerCallback(project="glue")])
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from .. import _session
from .._run import Run

try:
    from transformers import TrainerCallback as _Base
except ImportError:  # The interface is met without it, too.
    _Base = object


class TrackerCallback(_Base):  # type: ignore[misc]
    """Logs what the trainer logs: `train/…` and `eval/…` at its global step; stops it when the run is asked to stop.

    init: arguments of `tracker.init`; the name defaults to `TrainingArguments.run_name`. A run that is there already is used and not finished.
    watch: whether layers are watched. Only the first process logs.
    """

    def __init__(self, watch: bool = True, **init: Any) -> None:
        super().__init__()
        self._init = init
        self._watch = watch
        self._run: Optional[Run] = None
        self._own = False

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, optimizer: Any = None, **_: Any) -> None:
        if not state.is_world_process_zero or self._run is not None:
            return
        config: Dict[str, Any] = dict(args.to_sanitized_dict()) if hasattr(args, "to_sanitized_dict") else {}
        model_config: Any = getattr(model, "config", None)
        if hasattr(model_config, "to_dict"):
            config["model"] = model_config.to_dict()
        config.setdefault("total_steps", getattr(state, "max_steps", None))
        self._run = _session.current()
        if self._run is None:
            own: Dict[str, Any] = {"name": getattr(args, "run_name", None), **self._init}
            own["config"] = {**config, **(own.get("config") or {})}
            self._run = _session.init(**own)
            self._own = True
        else:
            self._run.config.update(config)
        if self._watch and model is not None:
            self._run.watch(model, *([optimizer] if optimizer is not None else []))

    def on_log(self, args: Any, state: Any, control: Any, logs: Optional[Dict[str, Any]] = None, **_: Any) -> None:
        if self._run is None or not logs:
            return
        values = {_name(name): value for name, value in logs.items() if isinstance(value, (int, float))}
        self._run.log(values, step=state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        if self._run is not None and self._run.should_stop:
            control.should_training_stop = True
        return control

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.unwatch()
            if self._own:
                _session.finish()


def _name(name: str) -> str:
    if name.startswith("eval_"):
        return "eval/" + name[5:]
    if name.startswith("test_"):
        return "test/" + name[5:]
    return name if name == "epoch" else "train/" + name
