"""Code is uploaded when a component or job names a folder; its content decides whether again."""

from pathlib import Path

import pytest
from azure.ai.ml import MLClient, command
from azure.ai.ml.entities import CommandComponent, Environment
from azure.ai.ml.entities._assets import Code
from azure.core.exceptions import ResourceNotFoundError

from zafiro.testing.live import Live


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "src"
    (made / "lib").mkdir(parents=True)
    (made / "main.py").write_text("print('hello')")
    (made / "lib" / "part.py").write_text(f"# {tmp_path}")  # another content in each test
    return made


@pytest.fixture(scope="module")
def environment(ml: MLClient) -> str:
    made = ml.environments.create_or_update(Environment(name="codes", image="plain:1"))
    return f"{made.name}:{made.version}"


def uploads(server: Live) -> set[str]:
    return {path.name for path in (server.home / "storage").glob("*/upload-*")}


def component(name: str, folder: Path, environment: str) -> CommandComponent:
    node = command(name=name, command="python main.py", code=str(folder), environment=environment)
    return node.component


def test_code_is_stored_as_plain_files(ml: MLClient, server: Live, folder: Path) -> None:
    made = ml._code.create_or_update(Code(path=str(folder)))
    container, name = made.path.split("/")[-2:]
    (stored,) = (server.home / "storage").glob(f"*/{container}/{name}")
    assert (stored / "main.py").read_text() == "print('hello')"
    assert (stored / "lib" / "part.py").is_file()


def test_the_same_folder_is_uploaded_once(ml: MLClient, server: Live, folder: Path) -> None:
    first = ml._code.create_or_update(Code(path=str(folder)))
    before = uploads(server)
    again = ml._code.create_or_update(Code(path=str(folder)))
    assert again.id == first.id
    assert uploads(server) == before


def test_a_changed_folder_is_another_code(ml: MLClient, server: Live, folder: Path) -> None:
    first = ml._code.create_or_update(Code(path=str(folder)))
    (folder / "main.py").write_text("print('changed')")
    second = ml._code.create_or_update(Code(path=str(folder)))
    assert second.id != first.id and second.path != first.path
    kept = (server.home / "storage").glob(f"*/{first.path.split('/')[-2]}/src/main.py")
    assert [file.read_text() for file in kept] == ["print('hello')"]


def test_code_whose_bytes_are_gone_is_uploaded_again(
    ml: MLClient, server: Live, folder: Path
) -> None:
    first = ml._code.create_or_update(Code(path=str(folder)))
    (stored,) = (server.home / "storage").glob(f"*/{first.path.split('/')[-2]}/src")
    stored.rename(stored.with_name("elsewhere"))
    again = ml._code.create_or_update(Code(path=str(folder)))
    assert again.path != first.path


def test_code_comes_back_as_it_was(ml: MLClient, folder: Path, tmp_path: Path) -> None:
    made = ml._code.create_or_update(Code(path=str(folder)))
    ml._code.download(made.name, made.version, tmp_path / "back")
    assert (tmp_path / "back" / "main.py").read_text() == "print('hello')"
    assert (tmp_path / "back" / "lib" / "part.py").is_file()


def test_a_component_brings_its_code_and_gives_it_back(
    ml: MLClient, fresh: str, folder: Path, environment: str, tmp_path: Path
) -> None:
    first = ml.components.create_or_update(component(fresh, folder, environment))
    second = ml.components.create_or_update(component(fresh, folder, environment))
    assert first.code == second.code and "/codes/" in first.code
    ml.components.download(fresh, tmp_path / "back", version="1")
    assert (tmp_path / "back" / "code" / "main.py").read_text() == "print('hello')"


def test_missing_code_is_not_found(ml: MLClient, fresh: str) -> None:
    with pytest.raises(ResourceNotFoundError, match=f"code '{fresh}:1' does not exist"):
        ml._code.get(fresh, "1")
