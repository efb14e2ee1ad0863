"""What a compute is, and which there are."""

import re
from dataclasses import dataclass

from zafiro.core.errors import Invalid

CLUSTER, INSTANCE = "AmlCompute", "ComputeInstance"
# Known without anybody having made them: Azure's pool, and the machine of the server itself.
SERVERLESS, LOCAL = "serverless", "local"

# What a new workspace has.
FIRST = "cpu-cluster"
FIRST_SIZE, FIRST_NODES = "Standard_DS3_v2", 4

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]")
_SIZE = re.compile(r"(standard|basic)_[A-Za-z0-9_-]+", re.IGNORECASE)
_DURATION = re.compile(
    r"P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+([.,]\d+)?S)?)?", re.IGNORECASE
)


@dataclass(frozen=True)
class Compute:
    """A place jobs can ask for.

    id         its ARM id; "" for serverless and local, which nobody made
    kind       "AmlCompute", "ComputeInstance", "Serverless" or "Local"
    size       of its virtual machines, as asked for; "" when nobody said
    min_nodes, max_nodes
               max_nodes None: as many as are asked for
    why_not    why no job can run there now; "" when one can
    """

    id: str
    name: str
    kind: str
    size: str = ""
    min_nodes: int = 0
    max_nodes: int | None = None
    why_not: str = ""

    @property
    def can_run_jobs(self) -> bool:
        return not self.why_not


@dataclass(frozen=True)
class Node:
    """One node of a compute: a slot of the machine its work runs on. `run`: of the job there."""

    name: str
    run: str = ""

    @property
    def state(self) -> str:
        return "running" if self.run else "idle"


@dataclass(frozen=True)
class Size:
    """A size of virtual machines. memory_gb in GiB; disk_gb: the temporary disk, in GiB."""

    name: str
    family: str
    cores: int
    memory_gb: float
    disk_gb: int
    gpus: int = 0

    @property
    def premium(self) -> bool:
        """Whether it takes premium disks: the 's' of the name says so."""
        middle = self.name.split("_")[1]
        return "s" in middle.lower() or middle.upper().startswith("DS")


def check_name(name: str) -> None:
    """Azure's rule. Raises Invalid."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            "name",
            f"'{name}' is no compute name: 3 to 32 letters, digits or '-', beginning with a letter "
            "and not ending with '-'",
        )
    if name.lower() in (SERVERLESS, LOCAL):
        raise Invalid("name", f"'{name}' is taken: it names the compute every workspace has")


def check_size(size: str) -> None:
    """Any size Azure has or will have. Raises Invalid for what none can be called."""
    if not _SIZE.fullmatch(size):
        raise Invalid("vmSize", f"'{size}' is no VM size; write it like Standard_DS3_v2")


def check_duration(field: str, text: str) -> None:
    """ISO 8601, in any form: PT2M, PT120S, P1D. Clients cannot read a compute without."""
    if not _DURATION.fullmatch(text):
        raise Invalid(field, f"'{text}' is no ISO 8601 duration such as PT120S")


def check_nodes(least: int, most: int) -> None:
    if least < 0 or most < least:
        raise Invalid(
            "scaleSettings", f"minNodeCount ({least}) must lie between 0 and maxNodeCount ({most})"
        )
