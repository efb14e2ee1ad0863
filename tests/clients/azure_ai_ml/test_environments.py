from pathlib import Path

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import BuildContext, Environment
from azure.ai.ml.exceptions import ValidationException
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"


def conda(*packages: str) -> dict[str, object]:
    return {
        "name": "e",
        "channels": ["conda-forge"],
        "dependencies": ["python=3.11", "pip", {"pip": list(packages)}],
    }


def test_an_image_with_a_conda_file_comes_back_as_it_was_sent(ml: MLClient, fresh: str) -> None:
    sent = Environment(
        name=fresh,
        version="7",
        image=IMAGE,
        conda_file=conda("numpy==2.0"),
        description="one",
        tags={"a": "b"},
    )
    made = ml.environments.create_or_update(sent)
    got = ml.environments.get(fresh, "7")
    assert (got.image, got.conda_file, got.tags) == (IMAGE, conda("numpy==2.0"), {"a": "b"})
    assert got.id == made.id and got.id.endswith(f"/environments/{fresh}/versions/7")


def test_the_same_definition_registered_again_keeps_its_version(ml: MLClient, fresh: str) -> None:
    first = ml.environments.create_or_update(Environment(name=fresh, image=IMAGE))
    again = ml.environments.create_or_update(Environment(name=fresh, image=IMAGE))
    assert (first.version, again.version) == ("1", "1")


def test_a_changed_definition_becomes_the_next_version(ml: MLClient, fresh: str) -> None:
    ml.environments.create_or_update(Environment(name=fresh, image=IMAGE, conda_file=conda("a")))
    second = ml.environments.create_or_update(
        Environment(name=fresh, image=IMAGE, conda_file=conda("b"))
    )
    assert second.version == "2"
    assert ml.environments.get(fresh, "1").conda_file == conda("a")
    assert ml.environments.get(fresh, label="latest").conda_file == conda("b")
    assert [e.version for e in ml.environments.list(fresh)] == ["2", "1"]


def test_an_explicit_version_is_never_overwritten(ml: MLClient, fresh: str) -> None:
    ml.environments.create_or_update(Environment(name=fresh, version="1", image=IMAGE))
    with pytest.raises(ResourceExistsError, match="register a new version"):
        ml.environments.create_or_update(Environment(name=fresh, version="1", image="other:1"))


def test_tags_and_description_can_change_under_one_version(ml: MLClient, fresh: str) -> None:
    ml.environments.create_or_update(Environment(name=fresh, version="1", image=IMAGE))
    ml.environments.create_or_update(
        Environment(name=fresh, version="1", image=IMAGE, description="d", tags={"k": "v"})
    )
    got = ml.environments.get(fresh, "1")
    assert (got.description, got.tags) == ("d", {"k": "v"})


def test_an_archived_version_is_hidden_until_restored(ml: MLClient, fresh: str) -> None:
    for version in ("1", "2"):
        ml.environments.create_or_update(
            Environment(name=fresh, version=version, image=f"{IMAGE}:{version}")
        )
    ml.environments.archive(fresh, version="2")
    assert [e.version for e in ml.environments.list(fresh)] == ["1"]
    hidden = ml.environments.list(fresh, list_view_type=ListViewType.ARCHIVED_ONLY)
    assert [e.version for e in hidden] == ["2"]
    assert ml.environments.get(fresh, label="latest").version == "1"
    ml.environments.restore(fresh, version="2")
    assert [e.version for e in ml.environments.list(fresh)] == ["2", "1"]


def test_an_archived_environment_is_hidden_and_takes_no_version(ml: MLClient, fresh: str) -> None:
    ml.environments.create_or_update(Environment(name=fresh, image=IMAGE))
    ml.environments.archive(fresh)
    assert fresh not in {e.name for e in ml.environments.list()}
    everything = ml.environments.list(list_view_type=ListViewType.ALL)
    assert fresh in {e.name for e in everything}
    with pytest.raises(HttpResponseError, match="restore it"):
        ml.environments.create_or_update(Environment(name=fresh, version="9", image=IMAGE))
    ml.environments.restore(fresh)
    assert {e.name: e.latest_version for e in ml.environments.list()}[fresh] == "1"


def test_a_missing_environment_says_so(ml: MLClient, fresh: str) -> None:
    with pytest.raises(ResourceNotFoundError, match=f"environment '{fresh}:1' does not exist"):
        ml.environments.get(fresh, "1")
    with pytest.raises(ValidationException, match="does not exist"):
        ml.environments.get(fresh, label="latest")


def test_a_name_with_the_azureml_prefix_means_the_same(ml: MLClient, fresh: str) -> None:
    ml.environments.create_or_update(Environment(name=fresh, image=IMAGE))
    assert ml.environments.get(f"azureml:{fresh}", "1").image == IMAGE


def test_a_definition_that_cannot_be_built_is_refused(ml: MLClient, fresh: str) -> None:
    broken = Environment(name=fresh, version="1", image=IMAGE)
    broken._translated_conda_file = "dependencies: ["  # what the client checks itself, set past it
    broken.conda_file = {"x": 1}
    with pytest.raises(HttpResponseError, match="condaFile: is not"):
        ml.environments.create_or_update(broken)


def test_a_build_context_is_uploaded_and_counted(ml: MLClient, fresh: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\nLABEL name={fresh}\n")
    first = ml.environments.create_or_update(
        Environment(name=fresh, build=BuildContext(path=str(tmp_path)))
    )
    again = ml.environments.create_or_update(
        Environment(name=fresh, build=BuildContext(path=str(tmp_path)))
    )
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\nLABEL changed={fresh}\n")
    changed = ml.environments.create_or_update(
        Environment(name=fresh, build=BuildContext(path=str(tmp_path)))
    )
    assert [e.version for e in (first, again, changed)] == ["1", "1", "2"]
    assert first.build.path == again.build.path != changed.build.path


def test_a_build_context_without_its_dockerfile_is_refused(
    ml: MLClient, fresh: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile.other").write_text(f"FROM scratch\nLABEL name={fresh}\n")
    with pytest.raises(HttpResponseError, match="there is no 'Dockerfile' in the build context"):
        ml.environments.create_or_update(
            Environment(name=fresh, version="1", build=BuildContext(path=str(tmp_path)))
        )
