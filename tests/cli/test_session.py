"""The session in the README is what typing it does: same commands, same exit statuses, same words."""

import importlib.util
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from zafiro.testing import live

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def recorder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("record_session", ROOT / "docs/record_session.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def words(line: str) -> str:
    """A line without what differs from run to run: names, numbers, bars, tokens."""
    line = re.sub(r"\b[a-z]+_[a-z]+_[a-z0-9]{10}\b", "NAME", line)
    line = re.sub(r"[█▏]+", "", line)
    line = re.sub(r"\d+(\.\d+)?", "N", line)
    return re.sub(r" +", " ", line).strip()


def told(session: str, skip: list[str]) -> list[tuple[str, int, list[str]]]:
    """(command, exit status, what it said) of each command of a session."""
    found: list[tuple[str, int, list[str]]] = []
    for line in session.splitlines():
        if line.startswith("$ "):
            command, _, comment = line[2:].partition("  # ")
            code = re.search(r"exit status (\d+)", comment)
            found.append((command.strip(), int(code[1]) if code else 0, []))
        elif found:
            found[-1][2].append(words(line))
    return [one for one in found if one[0] not in skip]


def without_environments(lines: list[str]) -> list[str]:
    """Which lines of a first build come, and where, depends on what uv had cached."""
    return [
        line for line in lines if not re.match(r"note: |building |uv pip|\.\.\.|envi.* bu", line)
    ]


def test_the_readme_shows_what_a_newcomer_sees(recorder: ModuleType, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    section = readme.split(recorder.BEGIN)[1].split(recorder.END)[0]
    shown = section.split("```console\n")[1].split("\n```")[0]
    installs = [command for command, _, _ in told(shown, [])][: len(recorder.INSTALL)]
    assert installs == recorder.INSTALL

    program = tmp_path / "bin" / "zafiro"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m zafiro "$@"\n')
    program.chmod(0o755)
    home = tmp_path / "me"
    free = {"ZAFIRO_PORT": "0", "ZAFIRO_STORAGE_PORT": "0"}
    path = f"{program.parent}:{os.environ['PATH']}"
    try:
        typed = recorder.record([c for c, _ in recorder.STEPS], home, path, free)
    finally:
        live.down(home / ".zafiro")
    assert [(one.command, one.code) for one in typed] == recorder.STEPS

    fresh = told(recorder.shown(typed, home), [])
    for kept, now in zip(told(shown, recorder.INSTALL), fresh, strict=True):
        assert kept[:2] == now[:2]
        assert without_environments(kept[2]) == without_environments(now[2]), kept[0]
    assert str(home) not in recorder.shown(typed, home)
    assert re.search(r"token=(?!…)", shown) is None
