"""Run history's artifacts of a run: what azureml-mlflow 1.62 uploads and downloads through."""

from typing import Any

import msgspec

from zafiro.tracking import service, shelf
from zafiro.tracking.ask import RUN, Act, Ask


class Path(msgspec.Struct):
    path: str = ""


class Paths(msgspec.Struct):
    paths: list[Path] = []


def _shelf(asked: Ask, what: str = "read") -> shelf.Shelf:
    run = asked.run(what)
    if what == "write":
        service.check_active(run)
    return shelf.of_run(run)


def every(asked: Ask) -> Any:
    return shelf.listing(asked, _shelf(asked))


def below(asked: Ask) -> Any:
    return shelf.listing(asked, _shelf(asked), asked.query.get("path") or asked.ids["path"] or "")


def metadata(asked: Ask) -> Any:
    return shelf.dto(asked, _shelf(asked), _path(asked))


def info(asked: Ask) -> Any:
    return shelf.read_info(asked, _shelf(asked), _path(asked))


def uri(asked: Ask) -> Any:
    """A text: the link itself."""
    return shelf.read_info(asked, _shelf(asked), _path(asked))["contentUri"]


def links_below(asked: Ask) -> Any:
    prefix = asked.query.get("path") or asked.ids["path"] or ""
    return shelf.links_below(asked, _shelf(asked), prefix)


def announce(asked: Ask) -> Any:
    said = asked.read(Paths)
    return shelf.announce(asked, _shelf(asked, "write"), [one.path for one in said.paths])


def _path(asked: Ask) -> str:
    """azureml-core puts it into the URL, azureml-mlflow into the query."""
    return asked.ids.get("path") or asked.query.get("path", "")


_TAIL = r"(?:/(?P<path>.*))?"
VERBS: tuple[tuple[str, str, Act], ...] = (
    ("GET", rf"{RUN}/artifacts", every),
    ("GET", rf"{RUN}/artifacts/path{_TAIL}", below),
    ("GET", rf"{RUN}/artifacts/metadata{_TAIL}", metadata),
    ("GET", rf"{RUN}/artifacts/contentinfo{_TAIL}", info),
    ("GET", rf"{RUN}/artifacts/artifacturi{_TAIL}", uri),
    ("GET", rf"{RUN}/artifacts/prefix/contentinfo{_TAIL}", links_below),
    ("POST", rf"{RUN}/artifacts/batch/metadata", announce),
)
