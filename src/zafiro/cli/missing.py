"""What of `az ml` is not here: said in a sentence, at once, never after two seconds of imports."""

from typing import NoReturn

from zafiro.cli.client import client_of, group_of, workspace_of
from zafiro.cli.parser import Asked
from zafiro.cli.refusing import Refused
from zafiro.cli.says import Said
from zafiro.core.names import ML

_UNSUPPORTED = 501


def refuse(asked: Asked) -> None:
    """Raises Said when the server lacks what the noun, or `--registry-name`, is about.

    The server is asked, not a list of ours: one that learns it needs no other command line.
    """
    assert asked.noun is not None
    wanted = asked.noun.collection
    if wanted and not asked.get("local"):
        where = group_of(asked) + f"/providers/{ML}" if wanted == "registries" else None
        _ask(asked, f"{where or workspace_of(asked)}/{wanted}")
    if asked.get("registry_name"):
        _ask(asked, f"{group_of(asked)}/providers/{ML}/registries")


def _ask(asked: Asked, where: str) -> None:
    try:
        client_of(asked).get(where, **{"$top": "1"})
    except Refused as e:
        if e.code != _UNSUPPORTED:
            raise
        raise Said(f"{_typed(asked)}: {e}") from e


def _typed(asked: Asked) -> str:
    assert asked.noun is not None
    return f"`{asked.noun.name} {asked.verb.name}`"


def _not_yet(asked: Asked, instead: str) -> NoReturn:
    raise Said(f"{_typed(asked)} is not supported by this version of Zafiro; {instead}")


def ssh(asked: Asked) -> None:
    _not_yet(asked, "jobs and instances run on this machine: open a terminal on it")


def sso(asked: Asked) -> None:
    _not_yet(asked, "there is no single sign-on to turn on or off")


def mount(asked: Asked) -> None:
    _not_yet(asked, "the files lie below `storage` in the server's home (`zafiro status`)")


def package(asked: Asked) -> None:
    _not_yet(asked, "packages of models are not built")


def features(asked: Asked) -> None:
    _not_yet(asked, "there is no feature store")


def imports(asked: Asked) -> None:
    _not_yet(asked, "nothing is fetched from databases: run a job that does")


def network(asked: Asked) -> None:
    _not_yet(asked, "the server manages no network, so it has no rules")


def hub(asked: Asked) -> None:
    _not_yet(asked, "hubs and projects are not here: use a workspace")


def index(asked: Asked) -> None:
    _not_yet(asked, "indexes are not built")


def openai(asked: Asked) -> None:
    _not_yet(asked, "no deployments of Azure OpenAI are managed; a connection keeps its key")
