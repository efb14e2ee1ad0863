"""The messages MLflow's client sends about evaluations, read by msgspec.

Source: mlflow/protos/service.proto, datasets.proto and issues.proto, mlflow 3.17.
"""

import msgspec


class CreateDataset(msgspec.Struct):
    name: str
    experiment_ids: list[str] = []
    tags: str = ""  # JSON


class SearchDatasets(msgspec.Struct):
    experiment_ids: list[str] = []
    filter_string: str = ""
    max_results: int = 1000
    order_by: list[str] = []
    page_token: str = ""


class DatasetTags(msgspec.Struct):
    tags: str  # JSON


class PutRecords(msgspec.Struct):
    records: str  # JSON


class GetRecords(msgspec.Struct):
    max_results: int = 1000
    page_token: str = ""


class DeleteRecords(msgspec.Struct):
    dataset_record_ids: list[str] = []


class Experiments(msgspec.Struct):
    experiment_ids: list[str] = []


class RegisterScorer(msgspec.Struct):
    experiment_id: str
    name: str
    serialized_scorer: str


class ListScorers(msgspec.Struct):
    experiment_id: str = ""
    experiment_ids: list[str] | None = None


class ScorerRef(msgspec.Struct):
    experiment_id: str
    name: str
    version: int | None = None


class CreateIssue(msgspec.Struct):
    experiment_id: str
    name: str
    description: str
    status: str = "pending"
    severity: str | None = None
    root_causes: list[str] = []
    categories: list[str] = []
    source_run_id: str = ""
    created_by: str = ""


class UpdateIssue(msgspec.Struct):
    name: str | None = None
    description: str | None = None
    status: str | None = None
    severity: str | None = None


class SearchIssues(msgspec.Struct):
    experiment_id: str = ""
    filter_string: str = ""
    max_results: int = 100
    page_token: str = ""
    include_trace_count: bool = False
