"""What Microsoft's public examples do and the other tests do not."""

import re
from pathlib import Path

import pytest
from azure.ai.ml import Input, MLClient, MpiDistribution, TensorFlowDistribution, command, load_data
from azure.ai.ml.entities import Environment
from azure.core.exceptions import HttpResponseError

PLAIN = Environment(image="library/python:latest")


@pytest.mark.parametrize(
    "distribution",
    [MpiDistribution(process_count_per_instance=2), TensorFlowDistribution(worker_count=2)],
)
def test_several_processes_that_cannot_be_had_are_refused_at_once(
    ml: MLClient, distribution: MpiDistribution | TensorFlowDistribution
) -> None:
    job = command(command="true", environment=PLAIN, distribution=distribution)
    with pytest.raises(HttpResponseError, match=r"with 2 processes .* is not supported"):
        ml.jobs.create_or_update(job)


def test_a_folder_of_a_public_host_is_refused_at_once_and_says_what_to_do(ml: MLClient) -> None:
    path = "wasbs://rows@elsewhere1.blob.core.windows.net/yellow"
    job = command(
        command="ls ${{inputs.rows}}",
        environment=PLAIN,
        inputs={"rows": Input(type="uri_folder", path=path)},
    )
    with pytest.raises(HttpResponseError, match=f"{re.escape(path)}; .*ZAFIRO_URL_MIRROR"):
        ml.jobs.create_or_update(job)


def test_a_wasbs_url_written_like_an_https_url_makes_a_data_asset(
    ml: MLClient, tmp_path: Path, fresh: str
) -> None:
    file = tmp_path / "data.yml"
    path = "wasbs://elsewhere1.blob.core.windows.net/rows/2020/a.csv"
    file.write_text(f"name: {fresh}\ntype: uri_file\npath: {path}\n")
    made = ml.data.create_or_update(load_data(file))
    assert ml.data.get(fresh, made.version).path == path
