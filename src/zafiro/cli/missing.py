"""Verbs of `az ml` that nothing here does yet: each says in a sentence what to do instead."""

from typing import NoReturn

from zafiro.cli.parser import Asked
from zafiro.cli.says import Said


def _not_yet(asked: Asked, instead: str) -> NoReturn:
    assert asked.noun is not None
    raise Said(
        f"`{asked.noun.name} {asked.verb.name}` is not supported by this version of Zafiro; {instead}"
    )


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
