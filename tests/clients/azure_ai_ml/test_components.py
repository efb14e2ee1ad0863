from pathlib import Path

import pytest
from azure.ai.ml import Input, MLClient, Output, command, load_component
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import CommandComponent, Environment
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError


@pytest.fixture(scope="module")
def environment(ml: MLClient) -> str:
    made = ml.environments.create_or_update(Environment(name="components", image="plain:1"))
    return f"{made.name}:{made.version}"


def echo(name: str, environment: str, text: str = "hello", **more: object) -> CommandComponent:
    return CommandComponent(
        name=name,
        command=f"echo {text} ${{{{inputs.count}}}} > ${{{{outputs.said}}}}/it",
        environment=environment,
        inputs={"count": Input(type="integer", default=3, min=0, optional=True)},
        outputs={"said": Output(type="uri_folder")},
        **more,
    )


def test_a_component_counts_its_versions(ml: MLClient, fresh: str, environment: str) -> None:
    first = ml.components.create_or_update(echo(fresh, environment))
    second = ml.components.create_or_update(echo(fresh, environment, "goodbye"))
    assert (first.version, second.version) == ("1", "2")
    got = ml.components.get(fresh, "1")
    assert got.version == "1" and "hello" in got.command
    assert got.inputs["count"].default == 3
    assert [c.version for c in ml.components.list(fresh)] == ["2", "1"]


def test_the_default_and_the_latest_are_the_newest(
    ml: MLClient, fresh: str, environment: str
) -> None:
    for text in ("a", "b"):
        ml.components.create_or_update(echo(fresh, environment, text))
    assert ml.components.get(fresh).version == "2"
    assert ml.components.get(fresh, label="default").version == "2"
    assert ml.components.get(fresh, label="latest").version == "2"


def test_an_unchanged_component_keeps_its_version_when_asked(
    ml: MLClient, fresh: str, environment: str
) -> None:
    ml.components.create_or_update(echo(fresh, environment))
    same = ml.components.create_or_update(echo(fresh, environment), skip_if_no_change=True)
    changed = ml.components.create_or_update(echo(fresh, environment, "b"), skip_if_no_change=True)
    assert (same.version, changed.version) == ("1", "2")


def test_an_explicit_version_takes_the_same_definition_only(
    ml: MLClient, fresh: str, environment: str
) -> None:
    ml.components.create_or_update(echo(fresh, environment, version="5"))
    ml.components.create_or_update(echo(fresh, environment, version="5"))
    with pytest.raises(ResourceExistsError, match="exists with another definition"):
        ml.components.create_or_update(echo(fresh, environment, "other", version="5"))
    assert ml.components.create_or_update(echo(fresh, environment, "other")).version == "6"


def test_a_description_can_change_under_one_version(
    ml: MLClient, fresh: str, environment: str
) -> None:
    ml.components.create_or_update(echo(fresh, environment, version="1"))
    ml.components.create_or_update(echo(fresh, environment, version="1", description="said anew"))
    assert ml.components.get(fresh, "1").description == "said anew"


def test_archiving_keeps_what_the_component_is(ml: MLClient, fresh: str, environment: str) -> None:
    ml.components.create_or_update(echo(fresh, environment))
    ml.components.archive(fresh)
    assert fresh not in {c.name for c in ml.components.list()}
    hidden = {c.name for c in ml.components.list(list_view_type=ListViewType.ARCHIVED_ONLY)}
    assert fresh in hidden
    ml.components.restore(fresh)
    assert ml.components.get(fresh, "1").command.startswith("echo hello")
    ml.components.archive(fresh, version="1")
    assert list(ml.components.list(fresh)) == []
    ml.components.restore(fresh, version="1")
    assert [c.version for c in ml.components.list(fresh)] == ["1"]


def test_a_missing_component_is_not_found(ml: MLClient, fresh: str) -> None:
    with pytest.raises(ResourceNotFoundError, match=f"component '{fresh}' does not exist"):
        ml.components.get(fresh)


def test_anonymous_components_are_kept_and_not_listed(ml: MLClient, environment: str) -> None:
    node = command(command="echo x", environment=environment)
    made = ml.components.create_or_update(node.component, is_anonymous=True)
    again = ml.components.create_or_update(node.component, is_anonymous=True)
    assert made.id == again.id and "/azureml_anonymous/versions/" in made.id
    assert "azureml_anonymous" not in {c.name for c in ml.components.list()}


def test_a_component_loaded_from_yaml_is_the_same_after_registering(
    ml: MLClient, fresh: str, environment: str, tmp_path: Path
) -> None:
    (tmp_path / "c.yml").write_text(
        f"""
name: {fresh}
display_name: Shown
version: 01
type: command
inputs:
  rate: {{type: number, default: 0.5}}
command: echo ${{{{inputs.rate}}}}
environment: azureml:{environment}
"""
    )
    made = ml.components.create_or_update(load_component(tmp_path / "c.yml"))
    got = ml.components.get(fresh, made.version)
    assert (got.display_name, got.inputs["rate"].default) == ("Shown", 0.5)
    assert got.environment.endswith("/environments/components/versions/1")
