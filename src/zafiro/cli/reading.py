"""list and show: straight from the server, without azure-ai-ml where the shape is known."""

import sys
from itertools import islice
from typing import Any

from zafiro.cli.client import Client, client_of, group_of, workspace_of
from zafiro.cli.grammar import Noun
from zafiro.cli.parser import Asked
from zafiro.cli.says import Missing, Misused
from zafiro.cli.shapes import Json, assets, job, places
from zafiro.core.names import ML

COLLECTIONS = {
    "job": "jobs",
    "model": "models",
    "data": "data",
    "environment": "environments",
    "component": "components",
    "compute": "computes",
    "datastore": "datastores",
    "connection": "connections",
}
_PLACES = {
    "compute": places.compute,
    "datastore": places.datastore,
    "connection": places.connection,
}
_JOBS = 50  # as many as `az ml job list` shows unless told otherwise


def kind(noun: Noun | None) -> str:
    assert noun is not None
    return COLLECTIONS[noun.name]


def _views(asked: Asked) -> dict[str, str]:
    if asked.archived_only and asked.include_archived:
        raise Misused("--archived-only and --include-archived exclude each other")
    view = (
        "ArchivedOnly" if asked.archived_only else "All" if asked.include_archived else "ActiveOnly"
    )
    return {"listViewType": view}


def _at_most(asked: Asked, otherwise: int | None = None) -> int | None:
    wanted: int | None = asked.get("max_results", otherwise)
    if wanted is not None and wanted < 1:
        raise Misused(f"--max-results: {wanted} is less than one")
    return wanted


def list_jobs(asked: Asked) -> list[Json]:
    if asked.get("parent_job_name"):
        from zafiro.cli import making

        return making.child_jobs(asked)
    client, at_most = client_of(asked), None if asked.all_results else _at_most(asked, _JOBS)
    found = client.pages(f"{workspace_of(asked)}/jobs", at_most, **_views(asked))
    return [job.shape(one) or job.head(one) for one in found]


def newest(client: Client, workspace: str) -> str:
    """Raises Missing."""
    found = client.get(f"{workspace}/jobs", **{"$top": "1"})["value"]
    if not found:
        raise Missing("there is no job yet; make one with `zafiro job create -f job.yml`")
    return str(found[0]["name"])


def job_name(asked: Asked, client: Client) -> str:
    given = asked.get("name") or asked.given.get("job")
    return str(given) if given else newest(client, workspace_of(asked))


def show_job(asked: Asked) -> Any:
    client = client_of(asked)
    name = job_name(asked, client)
    where = f"{workspace_of(asked)}/jobs/{name}"
    if asked.timeline:
        from zafiro.cli import timeline

        timeline.show(name, client.get(f"{where}/timeline"))
        return None
    found = client.get(where)
    if asked.web:
        browse((found["properties"].get("services") or {}).get("Studio", {}).get("endpoint"))
    shown = job.shape(found)
    if shown is None:
        from zafiro.cli import making

        asked.given["name"] = name
        return making.show(asked)
    return shown


def browse(url: str | None) -> None:
    """Opens a page where people look at one; a script only hears where it is."""
    import os
    import webbrowser

    if not url:
        return
    seen = sys.stdout.isatty() and (sys.platform == "darwin" or "DISPLAY" in os.environ)
    if not seen or not webbrowser.open(url):
        print(f"Web page: {url}", file=sys.stderr)


def list_assets(asked: Asked) -> list[Json]:
    if asked.get("registry_name"):
        from zafiro.cli import making

        return making.list_all(asked)
    client, collection = client_of(asked), kind(asked.noun)
    where, name = f"{workspace_of(asked)}/{collection}", asked.get("name")
    more = {"stage": asked.stage} if asked.given.get("stage") else {}
    if name is None:
        found = client.pages(where, _at_most(asked), **_views(asked))
        return [assets.container(collection, one) for one in found]
    rows = [
        assets.version(collection, one)
        for one in client.pages(
            f"{where}/{name}/versions", _at_most(asked), **_views(asked), **more
        )
    ]
    if any(row is None for row in rows):
        from zafiro.cli import making

        return making.list_all(asked)
    return [row for row in rows if row is not None]


def show_asset(asked: Asked) -> Any:
    """--version, else --label, else the newest."""
    if asked.get("version") and asked.get("label"):
        raise Misused("--version and --label exclude each other")
    if not asked.get("registry_name"):
        client, collection = client_of(asked), kind(asked.noun)
        where = f"{workspace_of(asked)}/{collection}/{asked.name}"
        version, label = asked.get("version"), asked.get("label", "latest")
        tail = f"versions/{version}" if version else f"labels/{label}"
        shown = assets.version(collection, client.get(f"{where}/{tail}"))
        if shown is not None:
            return shown
    from zafiro.cli import making

    return making.show(asked)


def list_computes(asked: Asked) -> list[Json]:
    rows = list_all(asked)
    wanted = asked.get("type")
    return rows if wanted is None else [r for r in rows if r.get("type") == wanted.lower()]


def list_all(asked: Asked) -> list[Json]:
    assert asked.noun is not None
    shape = _PLACES[asked.noun.name]
    found = list(client_of(asked).pages(f"{workspace_of(asked)}/{kind(asked.noun)}"))
    rows = [shape(one) for one in islice(found, _at_most(asked))]
    if any(row is None for row in rows):
        from zafiro.cli import making

        return making.list_all(asked)
    wanted = asked.given.get("type")
    return [
        r for r in rows if r is not None and (wanted is None or r.get("type") == wanted.lower())
    ]


def show(asked: Asked) -> Any:
    assert asked.noun is not None
    if not asked.given.get("populate_secrets"):
        where = f"{workspace_of(asked)}/{kind(asked.noun)}/{asked.name}"
        shown = _PLACES[asked.noun.name](client_of(asked).get(where))
        if shown is not None:
            return shown
    from zafiro.cli import making

    return making.show(asked)


def list_workspaces(asked: Asked) -> list[Json]:
    """Of the resource group given or kept, else of the subscription."""
    client = client_of(asked)
    group = group_of(asked)
    if not asked.get("resource_group"):
        group = group.split("/resourceGroups/")[0]
    found = client.pages(f"{group}/providers/{ML}/workspaces", _at_most(asked))
    rows = [places.workspace(one) for one in found]
    if any(row is None for row in rows):
        from zafiro.cli import making

        return making.list_all(asked)
    return [row for row in rows if row is not None]


def show_workspace(asked: Asked) -> Any:
    shown = places.workspace(client_of(asked).get(workspace_of(asked, asked.get("name"))))
    if shown is not None:
        return shown
    from zafiro.cli import making

    return making.show(asked)
