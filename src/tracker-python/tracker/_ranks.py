"""Which of several processes this one is, and the id of the run that they share."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Optional, Tuple

# What launchers tell their processes: torchrun and those that speak like it, Slurm's srun, Open MPI's mpirun.
_VARIABLES = (
    ("RANK", "WORLD_SIZE", ("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT")),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", ("SLURM_CLUSTER_NAME", "SLURM_JOB_ID", "SLURM_STEP_ID")),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", ("OMPI_MCA_ess_base_jobid", "PMIX_NAMESPACE")),
)


@dataclass(frozen=True)
class Ranks:
    """rank: 0 for the first or only process. size: how many there are. shared_id: of their run; None where nothing tells it."""

    rank: int = 0
    size: int = 1
    shared_id: Optional[str] = None


def find_ranks(number: int) -> Ranks:
    """Reads the environment. number: of this run in its process, since a script may start several."""
    for rank_name, size_name, names in _VARIABLES:
        rank, size = os.environ.get(rank_name, ""), os.environ.get(size_name, "")
        if not rank.isdecimal():
            continue
        world = int(size) if size.isdecimal() else 1
        if world <= 1:
            return Ranks(int(rank), max(world, int(rank) + 1))
        launch = _launch(names, world)
        if launch is None:
            return Ranks(int(rank), world)
        digest = hashlib.sha256("\0".join((*launch, str(world), str(number))).encode()).hexdigest()
        return Ranks(int(rank), world, f"ranks-{digest[:16]}")
    return Ranks()


def _launch(names: Tuple[str, ...], world: int) -> Optional[Tuple[str, ...]]:
    """What all processes of one launch have in common and no other launch has; None where that cannot be told."""
    values = tuple(os.environ.get(name, "") for name in names)
    if names[0] != "TORCHELASTIC_RUN_ID":
        return values if values[1] else None
    if values[0] not in ("", "none"):  # torchrun's id of the rendezvous; "none" unless one was given or it stands alone.
        return values[:1]
    if os.environ.get("LOCAL_WORLD_SIZE", str(world)) != str(world):
        return None  # Several machines, and address and port of the first are those of the next launch, too.
    began = _began(os.getppid())
    return (*values, str(os.getppid()), began) if began is not None else None


def _began(process: int) -> Optional[str]:
    """When a process began, in ticks since the machine did."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode("ascii")
    except (OSError, IndexError):
        return None
