"""What happens inside a PyTorch model while it trains. Imported only when used; made for PyTorch 1.13 and newer.

    run.watch(model, optimizer)                 # every so many steps that it costs about 1 % of the time
    run.watch(model, optimizer, scaler, every=100)
"""

from ._watch import Watch, watch

__all__ = ["Watch", "watch"]
