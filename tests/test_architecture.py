"""The dependency rule, read from the imports themselves. A broken rule is told as a sentence."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import zafiro
from zafiro.core import slices

ROOT = Path(zafiro.__file__).parent
FOUND = {s.name: s for s in slices.find()}
# Inside a slice. Faces and loops may import all of their own slice, modules named after a noun all
# but faces; what the layers may not import of it stands here (docs/decisions/0004).
OUTWARD = {
    "domain": {"store", "wire", "service"},
    "store": {"wire", "service"},
    "wire": {"store", "service"},
}
FACES = {"arm", "rest", "history", "metric", "artifact", "mlflow", "execution", "loop"}
PUBLIC = {"domain", "service", "backend", "kind", "overview"}  # what another slice may import
# What is not a slice may import only what stands here.
OUTER = {
    "core": {"core"},
    "arm": {"core", "arm"},
    "mlflow_rest": {"core", "mlflow_rest", "workspaces"},
    "backends": {"core", "backends", "computes"},
    "runtime": {"runtime"},
    "testing": {"core", "computes", "testing"},
}
COMPOSITION = {"cli"}  # beside app.py: may import everything


def modules() -> Iterator[tuple[tuple[str, ...], Path]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path.relative_to(ROOT).with_suffix("").parts, path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def broken() -> Iterator[str]:
    for here, path in modules():
        if len(here) < 2 or here[0] in COMPOSITION:
            continue
        for name in imports(path):
            there = tuple(name.split("."))[1:]
            if name.split(".")[0] != "zafiro" or not there:
                continue
            yield from _broken(here, there, name)


def _broken(here: tuple[str, ...], there: tuple[str, ...], name: str) -> Iterator[str]:
    who = "/".join(here)
    if there[0] in ("app", *COMPOSITION):
        yield f"{who} imports {name}: only the composition root knows everything"
    elif here[0] not in FOUND:
        if there[0] not in OUTER[here[0]]:
            yield f"{who} imports {name}: {here[0]} may import {sorted(OUTER[here[0]])} only"
    elif there[0] == here[0]:
        if there[1:2] and there[1] in OUTWARD.get(here[1], ()):
            yield f"{who} imports {name}: {here[1]} may not import {there[1]}"
        elif here[1] not in FACES and there[1:2] and there[1] in FACES:
            yield f"{who} imports {name}: a face is imported by faces only"
    elif there[0] in FOUND:
        if there[0] not in FOUND[here[0]].needs:
            yield f"{who} imports {name}: '{there[0]}' is not in the NEEDS of '{here[0]}'"
        elif len(there) > 1 and there[1] not in PUBLIC:
            yield f"{who} imports {name}: private to '{there[0]}'"
    elif there[0] not in ("core", "arm", "mlflow_rest"):
        yield f"{who} imports {name}: a slice stands on core, arm and mlflow_rest only"


def test_imports_point_inward() -> None:
    assert sorted(set(broken())) == []


@pytest.mark.parametrize("name", sorted(FOUND))
def test_every_slice_says_in_a_sentence_what_it_is(name: str) -> None:
    said = ast.get_docstring(ast.parse((ROOT / name / "__init__.py").read_text()))
    assert said and said.endswith(".")


def test_only_stores_and_documents_declare_tables() -> None:
    declaring = {
        "/".join(here)
        for here, path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Table" for base in node.bases)
    }
    assert {d for d in declaring if not d.endswith("/store")} == {"core/documents"}


def test_the_runner_needs_nothing_but_python() -> None:
    import sys

    for here, path in modules():
        if here[0] != "runtime":
            continue
        for name in imports(path):
            top = name.split(".")[0]
            assert top in sys.stdlib_module_names, f"{'/'.join(here)} imports {name}"
