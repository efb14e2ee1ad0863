"""What an environment contains, and the recipe that says so to the runner."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from packaging.utils import canonicalize_name

# Packages that bring `import mlflow`.
_TRACKING = {"mlflow", "mlflow-skinny", "azureml-mlflow"}
# mlflow-skinny takes 2 s and 67 MB to install, mlflow 4 s and 640 MB (uv, warm cache, Python
# 3.10); both log to a server. mlflow 3 refuses to save models that public examples save.
TRACKING = "mlflow-skinny<3"
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


@dataclass(frozen=True)
class Content:
    """What an environment is to contain.

    python        "3.10", or None for any
    requirements  PEP 508 lines, or URLs as pip takes them (git+https://...)
    constraints   PEP 508 lines that limit versions without asking for the package
    pip_options   as pip spells them: ("--extra-index-url", "https://...")
    variables     environment variables of the process that runs in it
    notes         what a person should know about how this was read
    missing       what was asked for and only a container could give, each a noun phrase
    """

    python: str | None = None
    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    pip_options: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def plus(self, more: "Content") -> "Content":
        """Both, installed in one step: every line counts."""
        return Content(
            python=more.python or self.python,
            requirements=_once(self.requirements, more.requirements),
            constraints=_once(self.constraints, more.constraints),
            pip_options=_joined(self.pip_options, more.pip_options),
            variables={**self.variables, **more.variables},
            notes=_once(self.notes, more.notes),
            missing=_once(self.missing, more.missing),
        )

    def then(self, more: "Content") -> "Content":
        """This, and `more` installed into it afterwards: a version asked for later wins, a bare
        name is content with what is there."""
        have = {name_of(line) for line in self.requirements}
        news = [
            line for line in more.requirements if not (_is_bare(line) and name_of(line) in have)
        ]
        replaced = {name_of(line) for line in news}
        kept = tuple(line for line in self.requirements if name_of(line) not in replaced)
        later = replace(more, requirements=tuple(news))
        return replace(self, requirements=kept).plus(later)

    def without(self, names: Iterable[str]) -> "Content":
        gone = {name_of(name) for name in names}
        kept = tuple(line for line in self.requirements if name_of(line) not in gone)
        return replace(self, requirements=kept)

    def noting(self, *notes: str) -> "Content":
        return replace(self, notes=_once(self.notes, notes))

    def lacking(self, *things: str) -> "Content":
        return replace(self, missing=_once(self.missing, things))


def name_of(requirement: str) -> str:
    """The canonical name of the package, or the whole line if it is a URL without a name."""
    if re.match(r"[a-z+]+:/", requirement):
        return requirement
    match = _NAME.match(requirement)
    return canonicalize_name(match[1]) if match else requirement


def recipe(
    content: Content, *, name: str, files: str | None = None, failure: str | None = None
) -> dict[str, Any]:
    """The recipe as the runner takes it; `hash` covers what decides which packages get installed.

    `additions` are requirements of ours: left out when they contradict those of the user.
    """
    named = {name_of(line) for line in content.requirements}
    additions = [] if named & _TRACKING else [TRACKING]
    notes = list(content.notes)
    if additions:
        notes.append(f"the definition names no mlflow: {TRACKING} is added, so that jobs can log")
    matters = {
        "python": content.python,
        "requirements": sorted(content.requirements, key=lambda line: (name_of(line), line)),
        "constraints": sorted(content.constraints),
        "pip_options": list(content.pip_options),
        "additions": additions,
    }
    canonical = json.dumps(matters, sort_keys=True, separators=(",", ":"))
    made: dict[str, Any] = {
        "hash": hashlib.sha256(canonical.encode()).hexdigest(),
        "name": name,
        "python": content.python,
        "requirements": list(content.requirements),
        "constraints": list(content.constraints),
        "additions": additions,
        "pip_options": list(content.pip_options),
        "variables": dict(content.variables),
        "notes": notes,
        "failure": failure,
    }
    if files:
        made["files"] = files
    return made


def _is_bare(requirement: str) -> bool:
    return _NAME.fullmatch(requirement.strip()) is not None


def _once(first: tuple[str, ...], then: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *then)))


def _joined(first: tuple[str, ...], then: tuple[str, ...]) -> tuple[str, ...]:
    return first if not then or first[-len(then) :] == then else (*first, *then)
