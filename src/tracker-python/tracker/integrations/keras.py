"""A callback for Keras (interface of Keras 3.6; `tf.keras` is the same).

    model.fit(..., callbacks=[TrackerCallback(project="digits")])
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from .. import _session
from .._run import Run
from .._values import to_number

try:
    from keras.callbacks import Callback as _Base
except ImportError:  # The interface is met without it, too.
    _Base = object


class TrackerCallback(_Base):  # type: ignore[misc]
    """Logs `train/…` of every `every`th batch, `val/…` of every epoch and the learning rate, all by the count of batches; stops the fit when asked to.

    init: arguments of `tracker.init`. A run that is there already is used and not finished.
    """

    def __init__(self, every: int = 1, **init: Any) -> None:
        super().__init__()
        self._init = init
        self._every = max(every, 1)
        self._run: Optional[Run] = None
        self._own = False
        self._step = 0

    # Keras calls these two; a base class of its own has them, too.
    def set_params(self, params: Dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self._keras_model = model

    def on_train_begin(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        params = getattr(self, "params", None) or {}
        epochs, steps = params.get("epochs"), params.get("steps")
        config: Dict[str, Any] = {"epochs": epochs, "steps_per_epoch": steps, "total_steps": epochs * steps if epochs and steps else None}
        optimizer = getattr(self._keras_model, "optimizer", None)
        if optimizer is not None:
            config["optimizer"] = type(optimizer).__name__
        config = {name: value for name, value in config.items() if value is not None}
        self._run = _session.current()
        self._own = self._run is None
        if self._run is None:
            options: Dict[str, Any] = {**self._init, "config": {**config, **(self._init.get("config") or {})}}
            self._run = _session.init(**options)
        else:
            self._run.config.update(config)

    def on_train_batch_end(self, batch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        run = self._run
        if run is None:
            return
        if self._step % self._every == 0:
            values = {f"train/{name}": value for name, value in (logs or {}).items()}
            rate = self._rate()
            if rate is not None:
                values["lr"] = rate
            run.log(values, step=self._step)
        self._step += 1
        if run.should_stop:
            self._keras_model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        if self._run is not None:
            values = {f"val/{name[4:]}": value for name, value in (logs or {}).items() if name.startswith("val_")}
            self._run.log({**values, "epoch": epoch + 1}, step=max(self._step - 1, 0))

    def on_train_end(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        run, self._run = self._run, None
        if run is not None and self._own:
            _session.finish()

    def _rate(self) -> Optional[float]:
        rate = getattr(getattr(self._keras_model, "optimizer", None), "learning_rate", None)
        if callable(rate):  # A schedule of the optimizer's own count of steps.
            rate = rate(self._step)
        return to_number(rate.numpy() if hasattr(rate, "numpy") else rate) if rate is not None else None

    def __getattr__(self, name: str) -> Any:
        # Every other event of Keras's, for who has no base class of Keras's.
        if name.startswith("on_"):
            return lambda *_, **__: None
        raise AttributeError(name)
