"""Completion, in the shells themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from zafiro.cli import completing
from zafiro.testing import live
from zafiro.testing.live import Live

BASH = """
set -u
eval "$(zafiro completion bash)"
COMP_WORDS=("$@")
COMP_CWORD=$(( $# - 1 ))
_zafiro
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def on_path(tmp_path: Path) -> dict[str, str]:
    """An environment in which `zafiro` is this one."""
    program = tmp_path / "bin" / "zafiro"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m zafiro "$@"\n')
    program.chmod(0o755)
    return {**live.clean(os.environ), "PATH": f"{program.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["zafiro", "jo"], ["job"]),
        (["zafiro", "job", "str"], ["stream"]),
        (["zafiro", "job", "list", "--arch"], ["--archived-only"]),
        (["zafiro", "job", "list", "--output", "ta"], ["table"]),
        (["zafiro", "completion", "f"], ["fish"]),
        (["zafiro", "model", "create", "--type", "ml"], ["mlflow_model"]),
    ],
)
def test_bash_completes(on_path: dict[str, str], typed: list[str], expected: list[str]) -> None:
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", *typed], env=on_path, capture_output=True, text=True
    )
    assert done.stdout.split() == expected, done.stderr


def test_bash_completes_names_of_what_the_server_has(on_path: dict[str, str], server: Live) -> None:
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", "zafiro", "compute", "show", "--name", "cpu"],
        env={**on_path, "ZAFIRO_HOME": str(server.home)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["cpu-cluster"], done.stderr


def test_a_real_bash_completes_what_is_typed_at_its_prompt(on_path: dict[str, str]) -> None:
    """Through readline itself, on a pseudo terminal: `zafiro job str<TAB>`."""
    import pty
    import select
    import time

    pid, master = pty.fork()
    if pid == 0:
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], {**on_path, "TERM": "dumb"})
    said = ""

    def until(text: str) -> None:
        nonlocal said
        end = time.monotonic() + 20
        while text not in said:
            assert time.monotonic() < end, said
            if select.select([master], [], [], 0.1)[0]:
                said += os.read(master, 4096).decode(errors="replace")

    try:
        os.write(master, b'PS1="> "; eval "$(zafiro completion bash)"; echo rea""dy\n')
        until("ready")
        os.write(master, b"zafiro job str\t")
        until("stream")
    finally:
        os.write(master, b"\x03\nexit\n")
        os.close(master)
        os.waitpid(pid, 0)


def test_fish_and_zsh_complete_where_they_are_installed(on_path: dict[str, str]) -> None:
    shells = {
        "fish": 'zafiro completion fish | source; complete -C "zafiro job str"',
        "zsh": 'autoload -Uz compinit; compinit -u; eval "$(zafiro completion zsh)"; echo stream',
    }
    tried = [s for s in shells if shutil.which(s)]
    if not tried:
        pytest.skip("neither fish nor zsh is installed")
    for shell in tried:
        done = subprocess.run(
            [shell, "-c", shells[shell]], env=on_path, capture_output=True, text=True
        )
        assert (done.returncode, done.stdout.split()) == (0, ["stream"]), done.stderr


def test_every_shell_has_a_completion(zafiro: Any) -> None:
    for shell, text in completing.SHELLS.items():
        done = zafiro("completion", shell)
        assert (done.returncode, done.stdout) == (0, text)
    assert zafiro("completion", "csh").returncode == 2
