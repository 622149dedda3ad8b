"""One tree of exceptions. Only `init` and wrong use raise them; logging never does."""


class TrackerError(Exception):
    """Everything that this package raises."""


class UsageError(TrackerError, ValueError):
    """An argument or an environment variable that cannot be meant."""


class RefusedError(TrackerError):
    """The server gave a definite no: a wrong key, a run id that is taken, a run to resume that is not there."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class NotStartedError(TrackerError):
    """Something needs a run, and `tracker.init` has not been called."""
