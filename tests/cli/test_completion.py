"""Completion, in the shells themselves."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
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


# How each is started bare, and told of the completion as its users are told.
SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        'PS1="> "; eval "$(zafiro completion bash)"',
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "PS1='> '; autoload -Uz compinit; compinit -D -u; eval \"$(zafiro completion zsh)\"",
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        "set -g fish_autosuggestion_enabled 0; function fish_prompt; echo '> '; end; function fish_greeting; end; "
        "zafiro completion fish | source",
    ),
}


class Prompt:
    """A shell at its prompt, on a pseudo terminal."""

    def __init__(self, command: list[str], variables: dict[str, str], at: Path) -> None:
        self.said = ""
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.chdir(at)
            os.execvpe(command[0], command, {**variables, "TERM": "xterm", "HOME": str(at)})

    def types(self, text: str, until: str) -> None:
        """Types it, and waits until the shell has shown `until` after it."""
        began = len(self.said)
        os.write(self._master, text.encode())
        end = time.monotonic() + 20
        while until not in _plain(self.said[began:]):
            assert time.monotonic() < end, _plain(self.said)
            if select.select([self._master], [], [], 0.1)[0]:
                self.said += os.read(self._master, 4096).decode(errors="replace")
                if "\x1b[c" in self.said:  # fish asks what terminal this is, and waits
                    self.said = self.said.replace("\x1b[c", "")
                    os.write(self._master, b"\x1b[?1;2c")

    def close(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.close(self._master)
        os.waitpid(self._pid, 0)


def _plain(said: str) -> str:
    return re.sub(
        r"\x1b(\[[0-9;?<>=]*[a-zA-Z]|\][^\x07\x1b]*(\x07|\x1b\\\\)|[()][B0]|[=>])", "", said
    )


@pytest.fixture(params=SHELLS)
def prompt(
    request: pytest.FixtureRequest, on_path: dict[str, str], server: Live, tmp_path: Path
) -> Iterator[Prompt]:
    """Skips where the shell is not installed; fails in CI, which installs it."""
    command, told = SHELLS[request.param]
    if shutil.which(command[0]) is None:
        if os.environ.get("ZAFIRO_CI"):
            pytest.fail(f"{command[0]} is not installed, and CI may not skip it")
        pytest.skip(f"{command[0]} is not installed")
    shell = Prompt(command, {**on_path, "ZAFIRO_HOME": str(server.home)}, tmp_path)
    try:
        # Bash reads "rea""dy" as one word: the echo of what is typed is no answer.
        shell.types(f'{told}; echo rea""dy\n', "ready")
        yield shell
    finally:
        shell.close()


def test_a_shell_at_its_prompt_completes_a_verb(prompt: Prompt) -> None:
    prompt.types("zafiro job str\t", "zafiro job stream ")


def test_a_shell_at_its_prompt_completes_a_flag_and_its_value(prompt: Prompt) -> None:
    prompt.types("zafiro job list --outp\t", "--output ")
    prompt.types("ta\t", "table")


def test_a_shell_at_its_prompt_completes_the_name_of_a_compute(prompt: Prompt) -> None:
    prompt.types("zafiro compute show --name cpu\t", "cpu-cluster")


def test_a_shell_at_its_prompt_completes_a_file(prompt: Prompt, tmp_path: Path) -> None:
    (tmp_path / "orchard.yml").write_text("")
    prompt.types("zafiro job create --file orch\t", "orchard.yml")


def test_every_shell_has_a_completion(zafiro: Any) -> None:
    for shell, text in completing.SHELLS.items():
        done = zafiro("completion", shell)
        assert (done.returncode, done.stdout) == (0, text)
    assert zafiro("completion", "csh").returncode == 2
