"""Finds the capability packages and puts them in dependency order.

A package directly under zafiro/ is a slice when its __init__ says NEEDS. Nothing else registers
anything: adding a folder adds the capability.
"""

import importlib
import importlib.util
import pkgutil
from dataclasses import dataclass
from graphlib import TopologicalSorter
from types import ModuleType

import zafiro


@dataclass(frozen=True)
class Slice:
    """What a package says of itself in its __init__.

    needs   NEEDS: slices whose domain, service, backend or kind it may import
    faces   FACES: modules with `routes(ctx, gate)`; "arm" with TYPES and ROUTES; "mlflow" with
            `verbs(ctx, gate)`
    loops   LOOPS: modules with `loops(ctx) -> list[Loop]`
    hooks   HOOKS: "workspace" when its service has `furnish` and `clear` (see core.context)
    """

    name: str
    needs: tuple[str, ...]
    faces: tuple[str, ...]
    loops: tuple[str, ...]
    hooks: tuple[str, ...]

    def has(self, name: str) -> bool:
        return importlib.util.find_spec(f"zafiro.{self.name}.{name}") is not None

    def module(self, name: str) -> ModuleType:
        return importlib.import_module(f"zafiro.{self.name}.{name}")


def find() -> list[Slice]:
    """Every slice, those it needs before it. Raises CycleError if the slices need each other,
    ImportError for a need that is no slice."""
    found = {}
    for info in pkgutil.iter_modules(zafiro.__path__):
        if not info.ispkg:
            continue
        package = importlib.import_module(f"zafiro.{info.name}")
        if hasattr(package, "NEEDS"):
            found[info.name] = Slice(
                info.name,
                package.NEEDS,
                getattr(package, "FACES", ()),
                getattr(package, "LOOPS", ()),
                getattr(package, "HOOKS", ()),
            )
    for one in found.values():
        if missing := set(one.needs) - found.keys():
            raise ImportError(f"the slice '{one.name}' NEEDS {', '.join(missing)}: no such slice")
    order = TopologicalSorter({name: s.needs for name, s in found.items()}).static_order()
    return [found[name] for name in order]
