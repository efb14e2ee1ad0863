"""Evaluation datasets, scorers and issues through the real MLflow client."""

import uuid

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import DatasetRecord, IssueSeverity, IssueStatus
from mlflow.entities.assessment import IssueReference
from mlflow.entities.assessment_source import AssessmentSource
from mlflow.exceptions import MlflowException
from mlflow.genai import datasets
from mlflow.genai.scorers import Guidelines, get_scorer, list_scorers


def records(dataset_id: str) -> list[DatasetRecord]:
    kept, _ = MlflowClient()._tracking_client.store._load_dataset_records(dataset_id)
    return kept


def test_records_are_added_merged_and_read_back(experiment: str) -> None:
    made = datasets.create_dataset(name="qa", experiment_id=[experiment], tags={"team": "red"})
    made.merge_records(
        [
            {"inputs": {"q": "one"}, "expectations": {"a": 1}, "tags": {"by": "hand"}},
            {"inputs": {"q": "zwö", "k": [1, 2]}, "outputs": {"text": "yes"}},
        ]
    )
    made.merge_records([{"inputs": {"q": "one"}, "expectations": {"b": [0.5, None]}}])
    kept = datasets.get_dataset(dataset_id=made.dataset_id)
    assert (kept.name, kept.tags["team"]) == ("qa", "red")
    assert kept.experiment_ids == [experiment]
    first, second = records(made.dataset_id)
    assert first.inputs == {"q": "one"} and first.expectations == {"a": 1, "b": [0.5, None]}
    assert first.tags["by"] == "hand"
    assert second.inputs == {"q": "zwö", "k": [1, 2]} and second.outputs == {"text": "yes"}
    assert mlflow.genai.datasets.get_dataset(dataset_id=made.dataset_id).digest == kept.digest
    assert '"k": "array"' in kept.schema and '"num_records": 2' in kept.profile
    frame = kept.to_df()
    assert list(frame["inputs"]) == [{"q": "one"}, {"q": "zwö", "k": [1, 2]}]
    assert kept.delete_records([first.dataset_record_id]) == 1
    assert [record.inputs["q"] for record in records(made.dataset_id)] == ["zwö"]


def test_many_records_come_in_pages(experiment: str) -> None:
    made = datasets.create_dataset(name="many", experiment_id=experiment)
    made.merge_records([{"inputs": {"n": n}} for n in range(25)])
    store, seen, token = MlflowClient()._tracking_client.store, [], None
    while True:
        page, token = store._load_dataset_records(made.dataset_id, max_results=10, page_token=token)
        seen.append([record.inputs["n"] for record in page])
        if not token:
            break
    assert seen == [list(range(10)), list(range(10, 20)), list(range(20, 25))]


def test_traces_become_records(experiment: str) -> None:
    with mlflow.start_span(name="asked") as span:
        span.set_inputs({"q": "why"})
    mlflow.flush_trace_async_logging()
    person = AssessmentSource("HUMAN", "me")
    mlflow.log_expectation(trace_id=span.trace_id, name="a", value="because", source=person)
    made = datasets.create_dataset(name="from traces", experiment_id=experiment)
    made.merge_records([MlflowClient().get_trace(span.trace_id)])
    (record,) = records(made.dataset_id)
    assert record.inputs == {"q": "why"} and record.expectations == {"a": "because"}
    assert record.source.source_data["trace_id"] == span.trace_id


def test_datasets_are_found_tagged_moved_and_deleted(experiment: str) -> None:
    mine = uuid.uuid4().hex
    made = [
        datasets.create_dataset(name=f"{mine}-{n}", experiment_id=experiment, tags={"n": str(n)})
        for n in range(3)
    ]

    def names(text: str, **more: object) -> list[str]:
        found = datasets.search_datasets(experiment, filter_string=text, **more)
        return [one.name.removeprefix(f"{mine}-") for one in found]

    assert names(f"name LIKE '{mine}%'", order_by=["name ASC"]) == ["0", "1", "2"]
    assert names("tags.n = '1'") == ["1"]
    assert names(f"name = '{mine}-2'") == ["2"]
    datasets.set_dataset_tags(dataset_id=made[0].dataset_id, tags={"n": "9"})
    datasets.delete_dataset_tag(dataset_id=made[1].dataset_id, key="n")
    assert names("tags.n = '9'") == ["0"] and names("tags.n = '1'") == []
    elsewhere = MlflowClient().create_experiment(uuid.uuid4().hex)
    moved = datasets.add_dataset_to_experiments(made[0].dataset_id, [elsewhere])
    assert set(moved.experiment_ids) == {experiment, elsewhere}
    datasets.remove_dataset_from_experiments(made[0].dataset_id, [experiment])
    assert sorted(names("")) == ["1", "2"]
    datasets.delete_dataset(dataset_id=made[2].dataset_id)
    assert names("") == ["1"]
    with pytest.raises(MlflowException) as caught:
        datasets.get_dataset(dataset_id=made[2].dataset_id)
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_scorers_have_versions(experiment: str) -> None:
    for rule in ("be short", "be kind"):
        judge = Guidelines(name="manners", guidelines=rule, model="openai:/gpt-4o-mini")
        judge.register(name="manners", experiment_id=experiment)
    newest = get_scorer(name="manners", experiment_id=experiment)
    assert newest.guidelines == "be kind"
    assert get_scorer(name="manners", experiment_id=experiment, version=1).guidelines == "be short"
    assert [scorer.name for scorer in list_scorers(experiment_id=experiment)] == ["manners"]
    store = MlflowClient()._tracking_client.store
    assert [v.scorer_version for v in store.list_scorer_versions(experiment, "manners")] == [1, 2]
    store.delete_scorer(experiment, "manners", 2)
    assert get_scorer(name="manners", experiment_id=experiment).guidelines == "be short"
    store.delete_scorer(experiment, "manners")
    assert list_scorers(experiment_id=experiment) == []
    with pytest.raises(MlflowException, match="not found"):
        get_scorer(name="manners", experiment_id=experiment)


def test_a_scorer_with_source_code_is_refused(experiment: str) -> None:
    store = MlflowClient()._tracking_client.store
    with pytest.raises(MlflowException, match="source code"):
        store.register_scorer(experiment, "mine", '{"a": {"call_source": "import os"}}')
    with pytest.raises(MlflowException) as caught:
        store.upsert_online_scoring_config(experiment, "mine", 0.5)
    assert caught.value.error_code == "NOT_IMPLEMENTED"


def test_issues_are_found_by_what_they_hit(experiment: str) -> None:
    store = MlflowClient()._tracking_client.store
    slow = store.create_issue(
        experiment,
        "slow",
        "takes too long",
        severity=IssueSeverity.LOW,
        root_causes=["cache"],
        categories=["latency"],
    )
    wrong = store.create_issue(experiment, "wrong", "lies", severity=IssueSeverity.HIGH)
    with mlflow.start_span(name="bad") as span:
        pass
    mlflow.flush_trace_async_logging()
    store.create_assessment(
        IssueReference(
            issue_id=slow.issue_id,
            issue_name="slow",
            trace_id=span.trace_id,
            source=AssessmentSource("CODE", "x"),
        )
    )
    found = mlflow.search_traces(
        filter_string=f"issue.id = '{slow.issue_id}'", return_type="list", include_spans=False
    )
    assert [trace.info.trace_id for trace in found] == [span.trace_id]
    listed = store.search_issues(experiment, include_trace_count=True)
    assert [(i.name, i.trace_count) for i in listed] == [("wrong", 0), ("slow", 1)]
    changed = store.update_issue(wrong.issue_id, status=IssueStatus.RESOLVED, name="was wrong")
    assert (changed.status, changed.name) == (IssueStatus.RESOLVED, "was wrong")
    left = store.search_issues(experiment, filter_string="status != 'resolved'")
    assert [(i.name, i.root_causes, i.categories) for i in left] == [
        ("slow", ["cache"], ["latency"])
    ]
    with pytest.raises(MlflowException) as caught:
        store.get_issue("iss-none")
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"
