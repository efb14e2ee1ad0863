import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Model
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

WEB = "https://example.org/model"


def test_models_count_and_are_listed_newest_first(ml: MLClient, fresh: str) -> None:
    for n in range(2):
        ml.models.create_or_update(Model(name=fresh, path=f"{WEB}{n}", type="custom_model"))
    assert [m.version for m in ml.models.list(fresh)] == ["2", "1"]
    assert ml.models.get(fresh, label="latest").version == "2"
    (shown,) = [m for m in ml.models.list() if m.name == fresh]
    assert shown.latest_version == "2"


def test_models_are_found_by_stage_and_keep_it_when_archived(ml: MLClient, fresh: str) -> None:
    for version, stage in (("1", "Production"), ("2", "Development")):
        ml.models.create_or_update(
            Model(name=fresh, version=version, path=WEB, type="custom_model", stage=stage)
        )
    assert [m.version for m in ml.models.list(fresh, stage="Production")] == ["1"]
    ml.models.archive(fresh, version="1")
    ml.models.restore(fresh, version="1")
    assert ml.models.get(fresh, "1").stage == "Production"


def test_the_path_of_a_model_never_changes(ml: MLClient, fresh: str) -> None:
    ml.models.create_or_update(Model(name=fresh, version="1", path=WEB, type="custom_model"))
    with pytest.raises(HttpResponseError, match="Asset paths cannot be updated"):
        ml.models.create_or_update(Model(name=fresh, version="1", path="https://x.org/y"))


def test_the_output_of_a_job_nobody_knows_is_refused(ml: MLClient, fresh: str) -> None:
    unknown = "azureml://jobs/no-such-job/outputs/model/paths/"
    with pytest.raises(HttpResponseError, match="job 'no-such-job' has no output 'model'"):
        ml.models.create_or_update(Model(name=fresh, version="1", path=unknown))


def test_a_missing_model_is_not_found(ml: MLClient, fresh: str) -> None:
    with pytest.raises(ResourceNotFoundError, match=f"model '{fresh}:1' does not exist"):
        ml.models.get(fresh, "1")
