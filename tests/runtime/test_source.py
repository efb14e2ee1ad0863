"""The runner must start anywhere: old Pythons, nothing installed."""

import ast
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

import zafiro
from runtime.conftest import Node
from zafiro.runtime.failure import of_system

SOURCES = sorted((Path(zafiro.__file__).parent / "runtime").glob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_the_source_is_python_3_8_with_the_standard_library_alone(source: Path) -> None:
    tree = ast.parse(source.read_text(), feature_version=(3, 8))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            assert str(node.module).split(".")[0] in sys.stdlib_module_names
        if isinstance(node, ast.Import):
            assert all(a.name.split(".")[0] in sys.stdlib_module_names for a in node.names)


def test_what_is_not_always_needed_is_not_imported_at_the_start(archive: Path) -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import zafiro.runtime.job, zafiro.runtime.reports; print(*sys.modules)"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, archive],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"urllib.request", "dataclasses", "zafiro.runtime.download"} & set(
        done.stdout.split()
    )


def test_a_runner_without_its_variables_says_which(archive: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", archive], env={}, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1 and "ZAFIRO_EXECUTION_URL" in done.stderr


def test_a_full_disk_is_told_with_its_place(tmp_path: Path) -> None:
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "not" / "yet"))
    failed = of_system(error, "copying the code")
    assert failed.code == "SystemError"
    assert "the disk is full" in failed.message and str(tmp_path / "not") in failed.message
    assert "while copying the code" in failed.message


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk_fails_the_job_and_is_named(node: Node, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small])
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        output = {"type": "uri_folder", "mode": "upload", "uri": "u", "path": str(small / "o")}
        ended = node.run("head -c 200000 /dev/zero > ${{outputs.o}}/f", outputs={"o": output})
    finally:
        subprocess.run(["umount", small], check=True)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "SystemError")
    assert "the disk is full" in ended["error"]["message"]
    assert str(small / "o" / "f") in ended["error"]["message"]
