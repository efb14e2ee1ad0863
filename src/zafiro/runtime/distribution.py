"""Which processes a job has on this node, and what each must know about the others.

Source: https://learn.microsoft.com/azure/machine-learning/how-to-train-distributed-gpu
"""

from __future__ import annotations

import socket

from .failure import SYSTEM, JobFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def ranks(processes: int, distribution: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """The environment variables of each process, in the order of their ranks.

    One process for a job without distribution. JobFailed names what cannot be done yet.
    """
    sent = distribution or {}
    kind = str(sent.get("distributionType") or sent.get("type") or "").lower()
    if kind == "pytorch":
        port = _free_port()
        return [_torch(rank, processes, port) for rank in range(processes)]
    if kind == "mpi" and processes == 1:
        return [_mpi_alone()]
    if processes == 1 and kind in ("", "tensorflow"):
        return [{}]
    what = f"distribution '{kind}'" if kind else "a job without distribution"
    raise JobFailed(
        SYSTEM,
        f"{what} with {processes} process(es) on one node is not supported by this version of "
        "Zafiro; 'pytorch' is",
    )


def _torch(rank: int, processes: int, port: int) -> dict[str, str]:
    return {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "NODE_RANK": "0",
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
    }


def _mpi_alone() -> dict[str, str]:
    """What scripts read to learn their rank; one process needs no mpirun."""
    return {
        f"OMPI_COMM_WORLD_{name}": value
        for name, value in (("RANK", "0"), ("SIZE", "1"), ("LOCAL_RANK", "0"), ("LOCAL_SIZE", "1"))
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
