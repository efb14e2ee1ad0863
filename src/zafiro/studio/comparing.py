"""Runs side by side."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

import yaml
from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.core.context import Context
from zafiro.core.errors import Invalid, NotFound, Unsupported
from zafiro.jobs import overview as jobs
from zafiro.studio import compare_wire as wire
from zafiro.studio.job import input_
from zafiro.studio.rows import rows, short
from zafiro.tracking import overview as runs
from zafiro.tracking.domain import Run
from zafiro.workspaces.domain import Workspace

Group = Literal["facts", "packages", "params", "tags", "metrics", "system"]
Value = float | str | None
_SYSTEM = "system/"  # what the runner measures of the machine
_OWN_TAGS = ("mlflow.", "azureml.", "_aml_")  # clients write them; nobody reads them
_CONDA_BYTES = 256 * 1024


def compare(
    ctx: Context, db: Session, workspace: Workspace, names: Sequence[str]
) -> wire.Comparison:
    """Runs side by side, in the order asked for; those that are not there are named. Each look
    is one for all of them: 200 runs cost about what 20 do."""
    found = runs.by_ids(db, workspace.guid, list(dict.fromkeys(names)))
    keys = [run.key for run in found]
    params, latest = runs.params(db, keys), runs.latest(db, keys)
    bodies = jobs.bodies(db, workspace.guid, [run.run_id for run in found])
    asked = [bodies.get(run.run_id, {}).get("properties", {}) for run in found]
    metrics = [{p.key: _told(p.value) for p in latest.get(run.key, [])} for run in found]
    facts = [_facts(workspace, run, of) for run, of in zip(found, asked, strict=True)]
    tags = [{k: v for k, v in run.tags.items() if not k.startswith(_OWN_TAGS)} for run in found]
    lines = [
        *_lines("facts", facts, ordered=False),
        *_lines("packages", _packages(db, workspace, [of.get("environmentId") for of in asked])),
        *_lines("params", [params.get(run.key, {}) for run in found]),
        *_lines("tags", tags),
        *_lines("metrics", metrics, lambda name: not name.startswith(_SYSTEM)),
        *_lines("system", metrics, lambda name: name.startswith(_SYSTEM)),
    ]
    there = {run.run_id for run in found}
    return wire.Comparison(
        runs=rows(ctx, db, workspace, found),
        lines=lines,
        stepped=sorted({p.key for points in latest.values() for p in points if p.step}),
        missing=[name for name in names if name not in there],
    )


def known(db: Session, workspace: Workspace, names: Sequence[str]) -> wire.Known:
    """The runs that bear these ids or display names; of a display name all, at most 20."""
    asked = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    by_id = {run.run_id for run in runs.by_ids(db, workspace.guid, asked)}
    ids: dict[str, None] = {}
    unknown = []
    for name in asked:
        if name in by_id:
            ids[name] = None
            continue
        wanted = runs.Wanted(words=(name,), view="all", children=True)
        named = [
            run.run_id
            for run in runs.window(db, workspace.guid, wanted, limit=20).runs
            if run.name == name
        ]
        ids.update(dict.fromkeys(named))
        if not named:
            unknown.append(name)
    return wire.Known(ids=list(ids), unknown=unknown)


def _facts(workspace: Workspace, run: Run, asked: dict[str, Any]) -> dict[str, Value]:
    limits, resources = asked.get("limits") or {}, asked.get("resources") or {}
    distribution = asked.get("distribution") or {}
    facts: dict[str, Value] = {
        "experiment": run.experiment,
        "command": asked.get("command"),
        "environment": short(workspace, asked.get("environmentId")),
        "code": short(workspace, asked.get("codeId")),
        "compute": run.target,
        "instances": _number(resources.get("instanceCount")),
        "distribution": distribution.get("distributionType"),
        "timeout": limits.get("timeout"),
        "user": run.user,
        "commit": run.tags.get("mlflow.source.git.commit")
        or (run.properties or {}).get("mlflow.source.git.commit"),
        "branch": run.tags.get("mlflow.source.git.branch")
        or (run.properties or {}).get("mlflow.source.git.branch"),
    }
    for name, given in (asked.get("inputs") or {}).items():
        facts[f"input {name}"] = input_(name, given).value
    # Their names only: values of environment variables may be secret.
    for name in asked.get("environmentVariables") or {}:
        facts[f"variable {name}"] = "✓"
    return facts


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _told(value: float) -> Value:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _lines(
    group: Group,
    said: Sequence[dict[str, Any]],
    wanted: Callable[[str], bool] = lambda _: True,
    *,
    ordered: bool = True,
) -> Iterator[wire.Line]:
    """One for each name that any of them has something to say of."""
    names: Iterable[str] = dict.fromkeys(name for one in said for name in one if wanted(name))
    for name in sorted(names, key=str.lower) if ordered else names:
        values = [one.get(name) for one in said]
        if any(value not in (None, "") for value in values):
            yield wire.Line(group=group, name=name, values=values)


def _packages(db: Session, workspace: Workspace, ids: Sequence[Any]) -> list[dict[str, Value]]:
    """What is in each environment, when they are not all the same: {package: version}."""
    if len({id for id in ids if id}) < 2:
        return [{} for _ in ids]
    read: dict[Any, dict[str, Value]] = {}
    for id in ids:
        if id and id not in read:
            read[id] = _environment(db, workspace, str(id))
    return [read.get(id, {}) for id in ids]


def _environment(db: Session, workspace: Workspace, id: str) -> dict[str, Value]:
    try:
        properties = assets.resolve(db, workspace, id, "environments").properties
    except (NotFound, Invalid, Unsupported):
        return {}  # a curated one, or deleted since
    found: dict[str, Value] = {}
    if properties.get("image"):
        found["image"] = str(properties["image"])
    build = properties.get("build")
    if isinstance(build, dict) and build.get("contextUri"):
        found["build context"] = str(build["contextUri"])
    return {**found, **packages(str(properties.get("condaFile") or ""))}


def packages(conda: str) -> dict[str, Value]:
    """{name: what is asked of it} of a conda file: conda's own as they are, pip's marked. A text
    that cannot be read has none."""
    if len(conda) > _CONDA_BYTES:
        return {}
    try:
        said = yaml.safe_load(conda)
    except yaml.YAMLError:
        return {}
    wanted = said.get("dependencies") if isinstance(said, dict) else None
    found: dict[str, Value] = {}
    for one in wanted if isinstance(wanted, list) else []:
        if isinstance(one, str):
            found.update([_requirement(one)])
        elif isinstance(one, dict) and isinstance(one.get("pip"), list):
            for line in one["pip"]:
                name, asked = _requirement(str(line))
                found[f"pip: {name}"] = asked
    return found


def _requirement(line: str) -> tuple[str, str]:
    """("numpy", "==1.26") of "numpy==1.26"; what has no name before its version is its own."""
    text = line.strip()
    cut = next((n for n, c in enumerate(text) if c in "=<>!~ ;@"), len(text))
    return text[:cut] or text, text[cut:].strip() or "any"
