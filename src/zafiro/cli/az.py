"""What a script of the Azure CLI says: `zafiro az ml …`, and the little around it.

Anything else is refused in one sentence with exit status 2, so that no script takes silence for
success.
"""

import os
import shlex
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import zafiro
from zafiro.cli import configuring
from zafiro.cli.client import client_of, group_of
from zafiro.cli.parser import Asked
from zafiro.cli.says import Missing, Misused, Said
from zafiro.cli.shapes import Json
from zafiro.core import names

_OWN = ("account", "group", "extension", "config")
_MARK = "made by `zafiro az install-shim`"


def run(words: Sequence[str]) -> int:
    """The command line of `az`, without its first word."""
    from zafiro.cli import helping
    from zafiro.cli import run as zafiro_run

    first = words[0] if words else "--help"
    match first:
        case "ml":
            return zafiro_run(words[1:] or ["--help"], prog="az ml")
        case "configure" | "rest":
            return zafiro_run(words, prog="az")
        case "install-shim":
            return zafiro_run(["az", *words])
        case "login" | "logout":
            print(
                "there is nothing to log in to: who may read the server's home is its administrator",
                file=sys.stderr,
            )
            return (
                zafiro_run(["account", "list", *_printing(words)], prog="az")
                if first == "login"
                else 0
            )
        case "version" | "--version" | "-v":
            return _version(words)
        case "--help" | "-h":
            print(helping.az())
            return 0
        case _ if first in _OWN:
            return zafiro_run(words, prog="az")
    spoken = " ".join(word for word in words[:3] if not word.startswith("-"))
    print(
        f"Error: `az {spoken}` is not part of Zafiro's az, which has ml, configure, account, group, "
        "extension, config, rest, login and version; use the Azure CLI for it",
        file=sys.stderr,
    )
    return 2


def _printing(words: Sequence[str]) -> list[str]:
    """Of a `login` with any flags, those that say how to print."""
    kept: list[str] = []
    for at, word in enumerate(words):
        if word in ("-o", "--output", "--query"):
            kept += words[at : at + 2]
    return kept


def _version(words: Sequence[str]) -> int:
    from importlib.metadata import version

    from zafiro.cli import output

    try:
        sdk = version("azure-ai-ml")
    except ImportError:
        sdk = "not installed"
    said = {"azure-cli": f"zafiro {zafiro.__version__}", "extensions": {"ml": f"azure-ai-ml {sdk}"}}
    if words[0] == "version":
        print(output.spelled(said, "json"))
    else:
        print(f"azure-cli  zafiro {zafiro.__version__}\nml         azure-ai-ml {sdk}")
    return 0


def install_shim(asked: Asked) -> None:
    folder = Path(asked.folder).expanduser()
    path = folder / "az"
    if path.exists() and not asked.force and _MARK not in _text(path):
        raise Said(f"{path} is another program; choose another folder, or say --force")
    program = Path(sys.argv[0]).resolve()
    command = f"{shlex.quote(sys.executable)} -m zafiro az"
    if program.name == "zafiro" and os.access(program, os.X_OK):
        command = f"{shlex.quote(str(program))} az"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\n# {_MARK}: `az ml` on a Zafiro server.\nexec {command} "$@"\n')
        path.chmod(0o755)
    except OSError as e:
        raise Said(f"{path} cannot be written: {e.strerror}") from e
    print(f"wrote {path}, which runs {command}")
    if str(folder.resolve()) not in os.environ.get("PATH", "").split(os.pathsep)[:1]:
        print(f'use it with: export PATH="{folder.resolve()}:$PATH"')
    print(f"remove it with: rm {path}")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _account(one: Json, chosen: str) -> Json:
    return {
        "environmentName": "AzureCloud",
        "homeTenantId": names.TENANT,
        "id": one["subscriptionId"],
        "isDefault": one["subscriptionId"].lower() == chosen.lower(),
        "managedByTenants": [],
        "name": one.get("displayName") or one["subscriptionId"],
        "state": one.get("state", "Enabled"),
        "tenantId": one.get("tenantId", names.TENANT),
        "user": {"name": "admin", "type": "user"},
    }


def account_list(asked: Asked) -> list[Json]:
    chosen = configuring.kept().get("subscription") or names.SUBSCRIPTION
    return [_account(one, chosen) for one in client_of(asked).pages("/subscriptions")]


def _find(asked: Asked, wanted: str | None) -> Json:
    found = account_list(asked)
    for one in found:
        if (wanted is None and one["isDefault"]) or (
            wanted and wanted.lower() in (one["id"].lower(), one["name"].lower())
        ):
            return one
    there = ", ".join(one["id"] for one in found)
    raise Missing(f"there is no subscription '{wanted}'; there is {there}")


def account_show(asked: Asked) -> Json:
    return _find(asked, asked.get("subscription"))


def account_set(asked: Asked) -> None:
    configuring.keep(subscription=_find(asked, asked.subscription)["id"])


def account_token(asked: Asked) -> Json:
    from zafiro.cli.sdk import bearer

    client = client_of(asked)
    token, expires = bearer(client, asked.get("resource", "https://management.azure.com"))
    return {
        "accessToken": token,
        "expiresOn": datetime.fromtimestamp(expires).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "expires_on": expires,
        "subscription": asked.get("subscription") or names.SUBSCRIPTION,
        "tenant": names.TENANT,
        "tokenType": "Bearer",
    }


def _group(asked: Asked) -> str:
    asked.given["resource_group"] = asked.get("name")
    return group_of(asked)


def group_create(asked: Asked) -> Any:
    body = {"location": asked.get("location", names.LOCATION), "tags": asked.get("tags", {})}
    return client_of(asked).ask("PUT", _group(asked), body)[1]


def group_show(asked: Asked) -> Any:
    return client_of(asked).get(_group(asked))


def group_list(asked: Asked) -> list[Json]:
    return list(
        client_of(asked).pages(f"{_group(asked).split('/resourceGroups/')[0]}/resourceGroups")
    )


def group_exists(asked: Asked) -> bool:
    try:
        client_of(asked).get(_group(asked))
    except Missing:
        return False
    return True


def group_delete(asked: Asked) -> None:
    from zafiro.cli.changing import sure

    sure(asked)
    client = client_of(asked)
    where = _group(asked)
    client.get(where)
    answer = client.ask("DELETE", where)
    if not asked.no_wait:
        client.done(answer)


_ML = {
    "extensionType": "built in",
    "name": "ml",
    "path": os.path.dirname(zafiro.__file__),
    "version": zafiro.__version__,
}


def _about(asked: Asked) -> bool:
    """Whether it is about `ml`. Raises Missing for other extensions."""
    wanted = asked.get("name") or ("ml" if "/ml-" in asked.get("source", "") else None)
    if wanted not in (None, "ml", "azure-cli-ml"):
        raise Missing(f"the extension '{wanted}' is not part of Zafiro's az")
    return wanted == "ml"


def extension_add(asked: Asked) -> None:
    if not _about(asked):
        raise Misused("say which extension: --name ml")
    print("`ml` is part of Zafiro; nothing to add", file=sys.stderr)


extension_update = extension_add


def extension_remove(asked: Asked) -> None:
    _about(asked)
    print("`ml` is part of Zafiro; nothing was removed", file=sys.stderr)


def extension_show(asked: Asked) -> Json:
    _about(asked)
    return dict(_ML)


def extension_list(asked: Asked) -> list[Json]:
    return [dict(_ML)]


def config_get(asked: Asked) -> Any:
    """As az has it: sections with their settings. With a word, only that one."""
    place = str(configuring.place())
    rows = [{"name": k, "source": place, "value": v} for k, v in sorted(configuring.kept().items())]
    said = {
        "core": [row for row in rows if row["name"] == "output"],
        "defaults": [row for row in rows if row["name"] != "output"],
    }
    words = asked.get("words", [])
    if not words:
        return {name: found for name, found in said.items() if found}
    section, _, name = str(words[0]).partition(".")
    found = said.get(section, [])
    if not name:
        return found
    for row in found:
        if row["name"] == name:
            return row
    raise Missing(f"nothing is kept as '{words[0]}'")


def config_set(asked: Asked) -> None:
    for word in asked.get("words", []):
        path, equals, value = str(word).partition("=")
        section, _, name = path.partition(".")
        if not equals or section not in ("defaults", "core"):
            raise Misused(f"'{word}' is not defaults.NAME=VALUE or core.output=FORMAT")
        configuring.keep(**{name: value})
