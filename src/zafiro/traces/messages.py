"""The messages MLflow's client sends about traces, read by msgspec. int64 may come as text; unknown
fields are ignored, as the server's own ParseDict does.

Source: mlflow/protos/service.proto and assessments.proto, mlflow 3.17.
"""

from datetime import datetime
from typing import Any

import msgspec


class Pair(msgspec.Struct):
    key: str
    value: str = ""


class Experiment(msgspec.Struct):
    experiment_id: str = ""


class Location(msgspec.Struct):
    mlflow_experiment: Experiment | None = None


class Source(msgspec.Struct):
    source_type: str | int = "SOURCE_TYPE_UNSPECIFIED"
    source_id: str = ""


class AssessmentError(msgspec.Struct, omit_defaults=True):
    error_code: str = ""
    error_message: str = ""
    stack_trace: str = ""


class FeedbackValue(msgspec.Struct):
    value: Any = None
    error: AssessmentError | None = None


class Serialized(msgspec.Struct):
    serialization_format: str = ""
    value: str = ""


class ExpectationValue(msgspec.Struct):
    value: Any = None
    serialized_value: Serialized | None = None


class IssueValue(msgspec.Struct):
    issue_name: str = ""


class AssessmentSaid(msgspec.Struct):
    assessment_id: str = ""
    assessment_name: str = ""
    trace_id: str = ""
    span_id: str = ""
    source: Source = msgspec.field(default_factory=Source)
    create_time: datetime | None = None
    last_update_time: datetime | None = None
    feedback: FeedbackValue | None = None
    expectation: ExpectationValue | None = None
    issue: IssueValue | None = None
    rationale: str | None = None
    metadata: dict[str, str] = {}
    overrides: str = ""
    valid: bool = True


class TraceSaid(msgspec.Struct):
    trace_id: str = ""
    client_request_id: str | None = None
    trace_location: Location = msgspec.field(default_factory=Location)
    request_preview: str | None = None
    response_preview: str | None = None
    request_time: datetime | None = None
    execution_duration: str | None = None
    state: str | int = "STATE_UNSPECIFIED"
    trace_metadata: dict[str, str] = {}
    assessments: list[AssessmentSaid] = []
    tags: dict[str, str] = {}


class Wrapped(msgspec.Struct):
    trace_info: TraceSaid


class StartTrace(msgspec.Struct):
    """MLflow 3 wraps a trace; MLflow 2 said it flat."""

    trace: Wrapped | None = None
    experiment_id: str = ""
    timestamp_ms: int = 0
    request_metadata: list[Pair] = []
    tags: list[Pair] = []


class EndTrace(msgspec.Struct):
    timestamp_ms: int = 0
    status: str | int = "TRACE_STATUS_UNSPECIFIED"
    request_metadata: list[Pair] = []
    tags: list[Pair] = []


class SearchTraces(msgspec.Struct):
    locations: list[Location] = []
    filter: str = ""
    max_results: int = 100
    order_by: list[str] = []
    page_token: str = ""


class SearchTracesV2(msgspec.Struct):
    experiment_ids: list[str] = []
    filter: str = ""
    max_results: int = 100
    order_by: list[str] = []
    page_token: str = ""


class GetTrace(msgspec.Struct):
    trace_id: str
    allow_partial: bool = False


class BatchGet(msgspec.Struct):
    trace_ids: list[str] = []
    experiment_ids: list[str] | None = None


class DeleteTraces(msgspec.Struct):
    experiment_id: str
    max_timestamp_millis: int | None = None
    max_traces: int | None = None
    request_ids: list[str] = []


class Tag(msgspec.Struct):
    key: str
    value: str = ""


class LinkTraces(msgspec.Struct):
    run_id: str
    trace_ids: list[str] = []


class Prompt(msgspec.Struct):
    name: str
    version: str


class LinkPrompts(msgspec.Struct):
    trace_id: str
    prompt_versions: list[Prompt] = []


class Correlation(msgspec.Struct):
    experiment_ids: list[str] = []
    filter_string1: str = ""
    filter_string2: str = ""
    base_filter: str = ""


class Aggregation(msgspec.Struct):
    aggregation_type: str | int
    percentile_value: float | None = None


class QueryMetrics(msgspec.Struct):
    view_type: str | int
    metric_name: str
    experiment_ids: list[str] = []
    aggregations: list[Aggregation] = []
    dimensions: list[str] = []
    filters: list[str] = []
    time_interval_seconds: int | None = None
    start_time_ms: int | None = None
    end_time_ms: int | None = None
    max_results: int = 1000
    page_token: str = ""


class CreateAssessment(msgspec.Struct):
    assessment: AssessmentSaid


class UpdateAssessment(msgspec.Struct):
    assessment: AssessmentSaid
    update_mask: str
