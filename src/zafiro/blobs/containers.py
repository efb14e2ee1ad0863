"""Accounts and containers: folders, and the little that is known about each."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from zafiro.blobs.domain import Clash, Wrong, check_account, check_container, etag
from zafiro.blobs.layout import SIDE, Place, open_new
from zafiro.core.errors import NotFound
from zafiro.core.names import is_account


@dataclass(frozen=True)
class Container:
    """Times are ns since 1970."""

    name: str
    etag: str
    modified_ns: int
    metadata: Mapping[str, str] = field(default_factory=dict)


class _Note(msgspec.Struct, omit_defaults=True):
    touched_ns: int
    metadata: dict[str, str] = {}


_decode = msgspec.json.Decoder(_Note).decode
_encode = msgspec.json.Encoder().encode


class Containers:
    """The part of the store that knows accounts and containers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._accounts: dict[str, str] = {}

    # -- accounts -----------------------------------------------------------------------------

    def account_root(self, account: str) -> str:
        """The account's folder, free of symbolic links (the account itself may be one)."""
        known = self._accounts.get(account)
        if known is None:
            known = os.path.realpath(self.root / check_account(account))
            if os.path.isdir(known):
                self._accounts[account] = known
        return known

    def place(self, account: str, container: str) -> Place:
        return Place(self.account_root(account), check_container(container))

    def need(self, place: Place) -> None:
        """Raises NotFound unless the container is there."""
        if not place.exists():
            raise NotFound("container", os.path.basename(place.base))

    def create_account(self, account: str) -> None:
        (self.root / check_account(account)).mkdir(parents=True, exist_ok=True)

    def has_account(self, account: str) -> bool:
        return account in self._accounts or (self.root / check_account(account)).is_dir()

    def accounts(self) -> list[str]:
        try:
            return sorted(
                entry.name
                for entry in os.scandir(self.root)
                if is_account(entry.name) and entry.is_dir()
            )
        except FileNotFoundError:
            return []

    # -- containers ---------------------------------------------------------------------------

    def create_container(
        self,
        account: str,
        container: str,
        metadata: Mapping[str, str] | None = None,
        *,
        exist_ok: bool = True,
    ) -> Container:
        """Makes the account's folder too. Raises Clash when it is there and may not be."""
        place = self.place(account, container)
        try:
            os.makedirs(place.base)
        except FileExistsError:
            if not exist_ok:
                raise Clash(
                    "ContainerAlreadyExists", "The specified container already exists."
                ) from None
            return self.container(account, container)
        if metadata:
            return self.set_container_metadata(account, container, metadata)
        return self.container(account, container)

    def container(self, account: str, container: str) -> Container:
        place = self.place(account, container)
        self.need(place)
        stat, note = os.stat(place.base), _note(place)
        if note is None:
            # Not the folder's mtime: it moves with every blob, a container's does not.
            born = _born(place, stat)
            return Container(container, etag(born, stat.st_ino), born)
        tag = etag(note.touched_ns, stat.st_ino)
        return Container(container, tag, note.touched_ns, note.metadata)

    def containers(self, account: str) -> list[Container]:
        found = []
        for entry in sorted(os.scandir(self.account_root(account)), key=lambda e: e.name):
            if entry.name != SIDE and entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(NotFound, Wrong):
                    found.append(self.container(account, entry.name))
        return found

    def set_container_metadata(
        self,
        account: str,
        container: str,
        metadata: Mapping[str, str],
        *,
        check: Callable[[Container], None] = lambda _: None,
    ) -> Container:
        place = self.place(account, container)
        check(self.container(account, container))
        _write_note(place, _Note(time.time_ns(), dict(metadata)))
        return self.container(account, container)

    def delete_container(
        self,
        account: str,
        container: str,
        *,
        check: Callable[[Container], None] = lambda _: None,
    ) -> None:
        """Gone at one stroke; its bytes are freed before this returns."""
        place = self.place(account, container)
        check(self.container(account, container))
        trash = f"{self.account_root(account)}/{SIDE}/trash/{os.urandom(12).hex()}"
        os.makedirs(trash)
        try:
            os.rename(place.base, f"{trash}/blobs")
        except FileNotFoundError:
            raise NotFound("container", container) from None
        with contextlib.suppress(FileNotFoundError):
            os.rename(place.side, f"{trash}/side")
        shutil.rmtree(trash, ignore_errors=True)


def _note(place: Place) -> _Note | None:
    try:
        with open(f"{place.side}/container.json", "rb") as file:
            return _decode(file.read())
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _write_note(place: Place, note: _Note) -> None:
    temp = place.temp()
    fd = open_new(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        os.write(fd, _encode(note))
    finally:
        os.close(fd)
    os.rename(temp, f"{place.side}/container.json")


def _born(place: Place, stat: os.stat_result) -> int:
    """When we first saw a container that nobody described."""
    _write_note(place, _Note(stat.st_mtime_ns))
    return stat.st_mtime_ns
