"""What an experiment, a run and a logged value are, and the words for how a run stands.

Two vocabularies meet here. MLflow has five statuses; Azure has a dozen states. A run that user
code made has only MLflow's. A run that *is* a job (`owned`) has both, kept apart: user code may
say `mlflow.end_run()` long before its job has ended.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

# MLflow's word for each of Azure's (azureml-mlflow maps them so; mlflow 3.17 knows no others).
MLFLOW_STATUS = {
    "NotStarted": "SCHEDULED",
    "Starting": "SCHEDULED",
    "Provisioning": "SCHEDULED",
    "Preparing": "SCHEDULED",
    "Queued": "SCHEDULED",
    "Running": "RUNNING",
    "Paused": "RUNNING",
    "NotResponding": "RUNNING",
    "Finalizing": "RUNNING",
    "CancelRequested": "RUNNING",
    "Completed": "FINISHED",
    "Failed": "FAILED",
    "Canceled": "KILLED",
}
AZURE_STATE = {
    "SCHEDULED": "Queued",
    "RUNNING": "Running",
    "FINISHED": "Completed",
    "FAILED": "Failed",
    "KILLED": "Canceled",
}
ENDED = frozenset({"Completed", "Failed", "Canceled"})
ENDED_STATUS = frozenset({"FINISHED", "FAILED", "KILLED"})

ACTIVE, DELETED = "active", "deleted"

DEFAULT_EXPERIMENT = "Default"

# Tags that are another face of a run's own fields, so they are never kept as tags.
RUN_NAME = "mlflow.runName"
PARENT_RUN = "mlflow.parentRunId"
NOTE = "mlflow.note.content"


@dataclass(frozen=True)
class Place:
    """Where an experiment wants the artifacts of its runs. `folder` as artifact paths go here,
    None when it is not on this server."""

    location: str
    folder: str | None


@dataclass(frozen=True)
class Experiment:
    """`id` is what MLflow calls experiment_id: digits, unique in the installation."""

    key: int
    workspace: str
    name: str
    lifecycle: str
    created_ms: int
    modified_ms: int
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    place: "Place | None" = None

    @property
    def id(self) -> str:
        return str(self.key)


@dataclass(frozen=True)
class Run:
    """A run as both faces need it. Times are epoch ms.

    key         surrogate key; never leaves the slice's own tables
    status      MLflow's word; start_ms and end_ms as MLflow clients said them
    state       Azure's word; state_start_ms and state_end_ms go with it
    owned       a job stands behind it: only the job says when it has ended
    job         the job it belongs to: itself when owned, the one whose code made it, or None
    tags        without the three that mirror name, parent and description (see `all_tags`)
    outputs     {name: {"assetId": …, "type": "uri_folder"}}
    place       of its experiment
    told        fields of run history that mean nothing here, as a client said them
    """

    key: int
    workspace: str
    run_id: str
    experiment_key: int
    experiment: str
    name: str
    status: str
    lifecycle: str
    start_ms: int
    end_ms: int | None
    user: str
    parent: str | None
    root: str
    owned: bool
    job: str | None
    own_state: str | None
    state_start_ms: int | None
    state_end_ms: int | None
    created_ms: int
    modified_ms: int
    description: str | None
    hidden: bool
    run_type: str | None
    target: str | None
    tags: dict[str, str]
    properties: dict[str, str]
    error: dict[str, Any] | None
    warnings: list[dict[str, Any]]
    outputs: dict[str, Any]
    definition: dict[str, Any] | None
    told: dict[str, Any]
    place: Place | None = None

    @property
    def owner(self) -> str:
        """The job whose token is good for it, or would be were it a job's."""
        return self.job or self.run_id

    @property
    def state(self) -> str:
        """A job's own word. Of other runs the word last said through Azure, as long as MLflow has
        not said something else since."""
        return state_of(self.owned, self.own_state, self.status)

    @property
    def began_ms(self) -> int | None:
        return self.state_start_ms if self.owned else self.start_ms

    @property
    def ended_ms(self) -> int | None:
        return self.state_end_ms if self.owned else self.end_ms

    @property
    def head(self) -> "Head":
        return Head(
            self.key,
            self.run_id,
            self.name,
            self.experiment_key,
            self.user,
            self.status,
            self.lifecycle,
            self.start_ms,
            self.end_ms,
            self.parent,
            self.description,
            self.owned,
            self.place,
        )

    @property
    def all_tags(self) -> dict[str, str]:
        """The tags MLflow shows."""
        return {**self.tags, **self.head.mirrors}


class Head(NamedTuple):
    """What MLflow shows of a run besides what was logged; a tuple, for a page has thousands."""

    key: int
    run_id: str
    name: str
    experiment_key: int
    user: str
    status: str
    lifecycle: str
    start_ms: int
    end_ms: int | None
    parent: str | None
    description: str | None
    owned: bool
    place: Place | None

    @property
    def mirrors(self) -> dict[str, str]:
        """Its own fields that MLflow shows as tags."""
        found = {RUN_NAME: self.name}
        if self.parent:
            found[PARENT_RUN] = self.parent
        if self.description is not None:
            found[NOTE] = self.description
        return found


def state_of(owned: bool, own_state: str | None, status: str) -> str:
    """Azure's word for a run; see Run.state."""
    if own_state and (owned or MLFLOW_STATUS[own_state] == status):
        return own_state
    return AZURE_STATE[status]


class Logged(Protocol):
    """What a point is for those who only store it."""

    @property
    def key(self) -> str: ...
    @property
    def value(self) -> float: ...
    @property
    def timestamp_ms(self) -> int: ...
    @property
    def step(self) -> int: ...
    @property
    def model_id(self) -> str | None: ...
    @property
    def dataset_name(self) -> str | None: ...
    @property
    def dataset_digest(self) -> str | None: ...


class Point(NamedTuple):
    """One logged value; a tuple, because there are thousands of them. It may be NaN or infinite; `timestamp_ms` is the client's clock."""

    key: str
    value: float
    timestamp_ms: int
    step: int = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


@dataclass(frozen=True)
class Dataset:
    name: str
    digest: str
    source_type: str = ""
    source: str = ""
    schema: str | None = None
    profile: str | None = None


@dataclass(frozen=True)
class DatasetInput:
    dataset: Dataset
    tags: dict[str, str]


@dataclass(frozen=True)
class ModelLink:
    """A logged model a run took in or gave out."""

    model_id: str
    step: int = 0


@dataclass(frozen=True)
class LoggedModel:
    """MLflow 3's model: made by a run, before anybody registers it. `status` as the protocol
    numbers it: 1 pending, 2 ready, 3 upload failed."""

    key: int
    workspace: str
    model_id: str
    experiment_key: int
    name: str
    model_type: str | None
    source_run: str | None
    job: str | None
    folder: str
    status: int
    status_message: str | None
    lifecycle: str
    created_ms: int
    modified_ms: int
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    metrics: list[tuple[str, Point]] = field(default_factory=list)  # (run id, point)
