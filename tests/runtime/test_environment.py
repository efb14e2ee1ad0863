"""Building environments with the real installer, from a folder of wheels: no network."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from runtime.wheels import Wheels
from zafiro.runtime import installer, interpreters
from zafiro.runtime.environment import Cancelled, EnvironmentFailed, Prefix, prepare


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Wheels:
    return Wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture
def recipe(wheels: Wheels) -> Any:
    def made(*requirements: str, **more: Any) -> dict[str, Any]:
        options = ["--no-index", "--find-links", str(wheels.folder)]
        return {"name": "mine", "requirements": list(requirements), "pip_options": options, **more}

    return made


class Said(list[str]):
    def __call__(self, line: str) -> None:
        self.append(line)

    @property
    def text(self) -> str:
        return "\n".join(self)


def output(prefix: Prefix, code: str) -> str:
    done = subprocess.run(
        [str(prefix.python), "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def wait_until(true: Any, at_most_s: float = 20) -> None:
    end = time.monotonic() + at_most_s
    while not true():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.01)


def program(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_a_recipe_becomes_an_environment_with_pip(recipe: Any, tmp_path: Path) -> None:
    said = Said()
    asked = recipe("demo==1.0", variables={"MODE": "x"}, notes=["plain it is"])
    prefix = prepare(asked, tmp_path, said)
    assert output(prefix, "import demo, pip, setuptools; print(demo.VERSION)") == "1.0"
    assert prefix.version == output(prefix, "import platform; print(platform.python_version())")
    assert prefix.variables["MODE"] == "x"
    assert prefix.variables["VIRTUAL_ENV"] == str(prefix.root)
    assert prefix.variables["PATH"].startswith(f"{prefix.bin}:")
    assert "note: plain it is" in said
    assert "+ demo==1.0" in said.text


def test_the_second_job_finds_it_built(
    recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare(recipe("demo==1.0"), tmp_path, Said())
    said = Said()

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a warm environment starts no process")

    monkeypatch.setattr(subprocess, "Popen", never)
    started = time.perf_counter()
    assert prepare(recipe("demo==1.0"), tmp_path, said).root == first.root
    assert time.perf_counter() - started < 0.05
    assert said == []


def test_files_are_copies_so_that_no_other_environment_shares_them(
    recipe: Any, tmp_path: Path
) -> None:
    prefix = prepare(recipe("demo==1.0"), tmp_path, Said())
    file = Path(output(prefix, "import demo; print(demo.__file__)"))
    assert file.stat().st_nlink == 1
    assert file.stat().st_mode & 0o222 == 0


def test_what_a_killed_build_left_is_not_taken_for_an_environment(
    recipe: Any, tmp_path: Path
) -> None:
    prefix = prepare(recipe("demo==1.0"), tmp_path, Said())
    (prefix.root / ".zafiro.json").unlink()
    (prefix.root / "junk").touch()
    said = Said()
    again = prepare(recipe("demo==1.0"), tmp_path, said)
    assert "unfinished build" in said.text
    assert not (again.root / "junk").exists()
    assert output(again, "import demo; print(demo.VERSION)") == "1.0"


def test_an_environment_whose_python_was_removed_is_built_again(
    recipe: Any, tmp_path: Path
) -> None:
    prefix = prepare(recipe("demo==1.0"), tmp_path, Said())
    prefix.python.unlink()
    prefix.python.symlink_to(tmp_path / "gone")
    assert output(prepare(recipe("demo==1.0"), tmp_path, Said()), "print(1)") == "1"


def test_two_jobs_at_once_build_once_and_the_second_says_for_whom_it_waits(
    recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZAFIRO_JOB", "0000/brave_apple")
    gate, real = tmp_path / "gate", " ".join(installer.uv() or [])
    slow = f'while [ ! -e "{gate}" ]; do sleep 0.01; done; exec {real} "$@"'
    monkeypatch.setenv("ZAFIRO_UV", program(tmp_path / "uv", slow))
    one, two = Said(), Said()
    cache = tmp_path / "cache"
    threads = [
        threading.Thread(target=prepare, args=(recipe("demo==1.0"), cache, said))
        for said in (one, two)
    ]
    threads[0].start()
    wait_until(lambda: "building environment" in one.text)
    threads[1].start()
    wait_until(lambda: "waiting for job brave_apple" in two.text)
    gate.touch()
    for thread in threads:
        thread.join(30)
    assert "built in" in one.text
    assert "building environment 'mine' with" not in two.text


def test_an_installer_that_outlives_its_runner_keeps_others_out(
    recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runner killed with SIGKILL leaves uv writing; nobody may build beside it."""
    pid = tmp_path / "pid"
    hanging = program(tmp_path / "uv", f'echo $$ > "{pid}.x"; mv "{pid}.x" "{pid}"; exec sleep 60')
    asked = recipe("demo==1.0")
    code = (
        "import json, sys; from pathlib import Path; from zafiro.runtime.environment import prepare\n"
        "prepare(json.loads(sys.argv[1]), Path(sys.argv[2]), lambda line: None)"
    )
    cache = tmp_path / "cache"
    runner = subprocess.Popen(
        [sys.executable, "-c", code, json.dumps(asked), str(cache)],
        env={**os.environ, "ZAFIRO_UV": hanging},
    )
    try:
        wait_until(pid.exists)
    finally:
        runner.kill()
        runner.wait()
    orphan = int(pid.read_text())
    said, stop = Said(), threading.Event()

    def waited() -> bool:
        return stop.is_set()

    thread = threading.Thread(
        target=prepare, args=(asked, cache, said), kwargs={"cancelled": waited}
    )
    thread.start()
    try:
        wait_until(lambda: "waiting for" in said.text)
        assert "building" not in said.text.replace("is building", "")
    finally:
        os.kill(orphan, signal.SIGKILL)
    thread.join(30)
    assert "built in" in said.text


def test_cancelling_ends_the_build_and_its_processes(
    recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = tmp_path / "pid"
    hanging = f'echo $$ > "{pid}.x"; mv "{pid}.x" "{pid}"; sleep 60'
    monkeypatch.setenv("ZAFIRO_UV", program(tmp_path / "uv", hanging))
    started = time.monotonic()
    with pytest.raises(Cancelled):
        prepare(recipe("demo==1.0"), tmp_path / "cache", Said(), cancelled=pid.exists)
    assert time.monotonic() - started < 10
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    monkeypatch.delenv("ZAFIRO_UV")
    assert prepare(recipe("demo==1.0"), tmp_path / "cache", Said()).python.exists()


def test_a_requirement_that_does_not_exist_is_named(recipe: Any, tmp_path: Path) -> None:
    for requirement in ("demo==9.9", "no-such-package>=1"):
        with pytest.raises(EnvironmentFailed) as failed:
            prepare(recipe("other", requirement), tmp_path, Said())
        assert f"environment 'mine' cannot be built: requirement '{requirement}'" in str(
            failed.value
        )
        assert "'other'" not in str(failed.value)
        assert "No solution found" in failed.value.tail


def test_requirements_that_contradict_each_other_are_both_named(
    recipe: Any, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentFailed, match=r"'demo==1\.0' and 'needs-demo-2'"):
        prepare(recipe("demo==1.0", "needs-demo-2"), tmp_path, Said())


def test_an_addition_of_ours_gives_way_to_what_the_user_asked(recipe: Any, tmp_path: Path) -> None:
    said = Said()
    prefix = prepare(recipe("needs-demo-2", additions=["demo<2"]), tmp_path, said)
    assert output(prefix, "import demo; print(demo.VERSION)") == "2.0"
    assert "trying again without demo<2" in said.text


def test_constraints_limit_without_asking(recipe: Any, tmp_path: Path) -> None:
    prefix = prepare(recipe("demo", constraints=["demo<2", "other==0"]), tmp_path, Said())
    assert output(prefix, "import demo; print(demo.VERSION)") == "1.0"


def test_a_failure_of_the_recipe_fails_the_job_with_that_sentence(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed, match=r"^no such image$"):
        prepare({"name": "x", "failure": "no such image"}, tmp_path, Said())


def test_a_hash_that_would_leave_the_cache_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed, match="not a hash"):
        prepare({"name": "x", "hash": "../../x", "requirements": []}, tmp_path, Said())


def test_a_python_that_is_not_here_is_replaced_by_the_nearest_and_said(
    recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    nearest = interpreters.choose("3.99")
    said = Said()
    prefix = prepare(recipe("demo==1.0", python="3.99"), tmp_path, said)
    assert nearest is not None
    assert prefix.version == str(nearest)
    assert f"asked for Python 3.99, which this machine does not have; Python {nearest}" in said.text


def test_passwords_of_an_index_are_not_logged(recipe: Any, tmp_path: Path) -> None:
    said = Said()
    asked = recipe("gone @ git+https://me:hush@127.0.0.1:1/x.git")
    with pytest.raises(EnvironmentFailed) as failed:
        prepare(asked, tmp_path, said)
    assert "hush" not in said.text + str(failed.value) + failed.value.tail
    assert "gone @ git+https://***@127.0.0.1:1/x.git" in str(failed.value)


def test_without_uv_pip_builds_it(
    recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zafiro.runtime.build.uv", lambda: None)
    said = Said()
    prefix = prepare(recipe("demo==1.0"), tmp_path, said)
    assert output(prefix, "import demo, pip; print(demo.VERSION)") == "1.0"
    assert "uv was not found" in said.text


@pytest.mark.parametrize("answers", [True, False])
def test_a_machine_without_gpu_gets_pytorch_without_cuda_if_it_is_in_reach(
    answers: bool, wheels: Wheels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_TORCH_BACKEND", "UV_FIND_LINKS", "UV_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("zafiro.runtime.environment._GPUS", ())
    real = " ".join(installer.uv() or [])
    body = f"""case "$*" in
      *--dry-run*) exit {0 if answers else 1};;
      pip*) echo "backend=$UV_TORCH_BACKEND"; unset UV_TORCH_BACKEND
            exec {real} "$@" --no-index --find-links "{wheels.folder}";;
      *) exec {real} "$@";;
    esac"""
    monkeypatch.setenv("ZAFIRO_UV", program(tmp_path / "uv", body))
    said = Said()
    prefix = prepare({"name": "t", "requirements": ["torch==1.*"]}, tmp_path / "cache", said)
    assert prefix.root.name.endswith("-cpu")
    assert ("backend=cpu" if answers else "backend=") in said
    assert ("without CUDA is out of reach" in said.text) is not answers
    monkeypatch.setattr("zafiro.runtime.environment._GPUS", ("/dev/null",))
    prefix = prepare({"name": "t", "requirements": ["torch==1.*"]}, tmp_path / "cache", said)
    assert not prefix.root.name.endswith("-cpu")


def test_files_with_passwords_do_not_stay(recipe: Any, tmp_path: Path) -> None:
    prefix = prepare(recipe("demo==1.0", constraints=["demo<2"]), tmp_path, Said())
    assert [path.name for path in prefix.root.glob(".zafiro*")] == [".zafiro.json"]


def test_of_several_pythons_the_newest_of_the_minor_version_is_taken() -> None:
    own = interpreters.choose(None)
    assert own is not None
    broken = interpreters.Interpreter((3, own.version[1], 999), Path("/nowhere/python"))
    assert interpreters.choose(own.minor, [own, broken]) == own
    assert interpreters.choose("3.99", [broken]) is None
    assert interpreters.choose("3.6", [own]) == own


def test_the_packed_runner_needs_nothing_else(tmp_path: Path) -> None:
    """The runner travels as an archive whose top-level package has another name."""
    source = Path(interpreters.__file__).parent
    package = tmp_path / "zafiro_runtime"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in (
        "build",
        "chronicle",
        "environment",
        "installer",
        "interpreters",
        "overlay",
        "prefix",
    ):
        (package / f"{name}.py").write_text((source / f"{name}.py").read_text())
    code = "import zafiro_runtime.environment as e, zafiro_runtime.build; print(e.prepare.__name__, e.overlay.__name__)"
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "prepare overlay\n"
