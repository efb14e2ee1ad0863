"""Verbs of azure-ai-ml that are one call each: downloads, keys, sizes, nodes."""

from itertools import islice
from pathlib import Path
from typing import Any

from zafiro.cli import sdk
from zafiro.cli.making import finished, loaded
from zafiro.cli.parser import Asked
from zafiro.cli.plain import entity, plain
from zafiro.cli.shapes import Json


def download_job(asked: Asked) -> None:
    """To DOWNLOAD_PATH/NAME, as `az ml` has it when no path is given; else to the path."""
    with sdk.spoken(asked):
        path = asked.get("download_path") or str(Path.cwd() / str(asked.name))
        more = {"output_name": asked.output_name} if asked.get("output_name") else {}
        sdk.ml_of(asked).jobs.download(
            asked.name, download_path=path, all=bool(asked.get("all")), **more
        )


def show_services(asked: Asked) -> Any:
    with sdk.spoken(asked):
        found = sdk.ml_of(asked).jobs.show_services(asked.name, asked.get("node_index", 0))
        return plain({name: fields(one) for name, one in (found or {}).items()})


def download_model(asked: Asked) -> None:
    with sdk.spoken(asked):
        sdk.ml_of(asked).models.download(
            asked.name, asked.version, download_path=asked.get("download_path", ".")
        )


def attach(asked: Asked) -> Any:
    with sdk.spoken(asked):
        begun = sdk.ml_of(asked).compute.begin_attach(loaded(asked))
        made = finished(asked, begun)
        return None if made is None else entity(made)


def fields(thing: Any) -> Json:
    made = thing.as_dict() if hasattr(thing, "as_dict") else vars(thing)
    return {k: v for k, v in made.items() if not k.startswith("_") and v is not None}


def _rows(asked: Asked, found: Any) -> list[Json]:
    return [plain(fields(one)) for one in islice(found, asked.get("max_results"))]


def list_nodes(asked: Asked) -> list[Json]:
    with sdk.spoken(asked):
        return _rows(asked, sdk.ml_of(asked).compute.list_nodes(asked.name))


def list_sizes(asked: Asked) -> list[Json]:
    with sdk.spoken(asked):
        found = sdk.ml_of(asked).compute.list_sizes(
            location=asked.get("location"), compute_type=asked.get("type")
        )
        return _rows(asked, found)


def list_usage(asked: Asked) -> list[Json]:
    with sdk.spoken(asked):
        return _rows(asked, sdk.ml_of(asked).compute.list_usage(location=asked.get("location")))


def _workspace(asked: Asked, ml: Any) -> str:
    return str(asked.get("name") or ml.workspace_name)


def workspace_keys(asked: Asked) -> Any:
    with sdk.spoken(asked):
        ml = sdk.ml_of(asked)
        return plain(fields(ml.workspaces.get_keys(_workspace(asked, ml))))


def workspace_sync(asked: Asked) -> None:
    with sdk.spoken(asked):
        ml = sdk.ml_of(asked)
        finished(asked, ml.workspaces.begin_sync_keys(_workspace(asked, ml)))


def workspace_diagnose(asked: Asked) -> Any:
    with sdk.spoken(asked):
        ml = sdk.ml_of(asked)
        found = finished(asked, ml.workspaces.begin_diagnose(_workspace(asked, ml)))
        return None if found is None else plain(fields(found))


def workspace_network(asked: Asked) -> Any:
    with sdk.spoken(asked):
        ml = sdk.ml_of(asked)
        begun = ml.workspaces.begin_provision_network(
            workspace_name=_workspace(asked, ml), include_spark=bool(asked.include_spark)
        )
        found = finished(asked, begun)
        return None if found is None else plain(fields(found))
