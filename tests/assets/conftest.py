import uuid

import pytest

from zafiro.assets import store
from zafiro.workspaces.domain import Workspace

assert store.VersionRow.__tablename__  # the tables must be known before they are made


def room(name: str) -> Workspace:
    return Workspace(str(uuid.uuid4()), "s-1", "Group", name, "local", f"{name}account")


@pytest.fixture
def main() -> Workspace:
    return room("main")


@pytest.fixture
def other() -> Workspace:
    return room("other")
