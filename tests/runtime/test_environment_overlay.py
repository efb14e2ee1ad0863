"""What a job does to its environment stays in its overlay."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from runtime.wheels import Wheels
from zafiro.runtime.environment import Prefix, overlay, prepare


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Wheels:
    return Wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="module")
def shared(wheels: Wheels, tmp_path_factory: pytest.TempPathFactory) -> Prefix:
    recipe = {
        "name": "shared",
        "requirements": ["demo==1.0", "with-path"],
        "pip_options": ["--no-index", "--find-links", str(wheels.folder)],
    }
    return prepare(recipe, tmp_path_factory.mktemp("cache"), lambda line: None)


@pytest.fixture
def job(shared: Prefix, wheels: Wheels, tmp_path: Path) -> Any:
    prefix = overlay(shared, tmp_path / "env")

    def run(*command: str, check: bool = True) -> str:
        variables = {**os.environ, **prefix.variables, "PIP_CONFIG_FILE": os.devnull}
        variables.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels.folder))
        variables.pop("PIP_EXTRA_INDEX_URL", None)
        done = subprocess.run(
            command, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert not (check and done.returncode), done.stdout + done.stderr
        return done.stdout.strip() + done.stderr.strip()

    run.prefix = prefix  # type: ignore[attr-defined]
    return run


def fingerprint(root: Path) -> dict[str, str]:
    """Every file, link and mode below `root`, but for the bytecode Python keeps beside modules."""
    found = {}
    for folder, folders, files in os.walk(root):
        if "__pycache__" in folders:
            folders.remove("__pycache__")
        for name in [*folders, *files]:
            path = Path(folder, name)
            said = f"{path.lstat().st_mode:o}"
            if path.is_symlink():
                said += os.readlink(path)
            elif path.is_file():
                said += hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path)] = said
    return found


@pytest.fixture
def untouched(shared: Prefix) -> Any:
    before = fingerprint(shared.root)
    yield
    assert fingerprint(shared.root) == before


VERSION = "import demo; print(demo.VERSION)"


def test_a_job_sees_the_shared_packages_and_their_paths(job: Any, shared: Prefix) -> None:
    said = job("python", "-c", "import demo, sys; print(demo.__file__, sys.prefix)")
    assert str(shared.root) in said
    assert said.endswith(str(job.prefix.root))
    # with-path's .pth file adds a folder to sys.path.
    assert job("python", "-c", "import behind_a_path; print(behind_a_path.HERE)") == "yes"


def test_an_upgrade_is_seen_by_the_job_alone(
    job: Any, shared: Prefix, untouched: None, tmp_path: Path
) -> None:
    job("pip", "install", "demo==2.0")
    assert job("python", "-c", VERSION) == "2.0"
    assert job("demo-says") == "demo 2.0"
    listed = job("python", "-m", "pip", "list", "--format=freeze")
    assert "demo==2.0" in listed
    assert "demo==1.0" not in listed
    other = overlay(shared, tmp_path / "other")
    assert subprocess.check_output([other.python, "-c", VERSION], text=True) == "1.0\n"
    assert subprocess.check_output([other.bin / "demo-says"], text=True) == "demo 1.0\n"


def test_a_new_package_and_its_script_are_the_jobs_own(
    job: Any, shared: Prefix, untouched: None
) -> None:
    job("python", "-m", "pip", "install", "other")
    assert job("python", "-c", "import other; print(other.__file__)").startswith(
        str(job.prefix.root)
    )
    assert not (shared.bin / "other-says").exists()
    assert job("other-says") == "other 1.0"


def test_uninstalling_brings_the_shared_version_back_and_never_removes_it(
    job: Any, untouched: None
) -> None:
    job("pip", "install", "demo==2.0")
    job("pip", "uninstall", "-y", "demo")
    assert job("python", "-c", VERSION) == "1.0"
    assert "outside environment" in job("pip", "uninstall", "-y", "demo", check=False)
    assert job("python", "-c", VERSION) == "1.0"


def test_an_editable_install_comes_before_the_shared_package(
    job: Any, wheels: Wheels, untouched: None, tmp_path: Path
) -> None:
    wheels.project(tmp_path / "src", "demo", "3.0")
    job("pip", "install", "-e", str(tmp_path / "src"))
    assert job("python", "-c", VERSION) == "3.0"
    (tmp_path / "src" / "demo" / "__init__.py").write_text("VERSION = 'edited'")
    assert job("python", "-c", VERSION) == "edited"


def test_files_a_package_puts_beside_the_library_stay_apart(
    job: Any, shared: Prefix, untouched: None
) -> None:
    mine = job.prefix.root / "share" / "demo" / "about.txt"
    assert mine.read_text() == "demo 1.0"
    job("pip", "install", "demo==2.0")
    assert mine.read_text() == "demo 2.0"
    assert (shared.root / "share" / "demo" / "about.txt").read_text() == "demo 1.0"


def test_scripts_run_under_the_overlay_python_whatever_its_path(
    shared: Prefix, tmp_path: Path
) -> None:
    for name in ("a b", "x" * 150, 'quote"$HOME'):
        mine = overlay(shared, tmp_path / name)
        done = subprocess.check_output([mine.bin / "demo-where"], text=True)
        assert done.strip() == str(mine.root)


def test_activating_it_means_the_overlay(job: Any) -> None:
    said = job("sh", "-c", f". '{job.prefix.bin}/activate'; command -v python; echo $VIRTUAL_ENV")
    assert said.split() == [str(job.prefix.python), str(job.prefix.root)]


def test_a_job_that_starts_again_uses_its_overlay_again(shared: Prefix, tmp_path: Path) -> None:
    first = overlay(shared, tmp_path / "env")
    assert overlay(shared, tmp_path / "env").root == first.root
    assert subprocess.check_output([first.python, "-c", VERSION], text=True) == "1.0\n"
